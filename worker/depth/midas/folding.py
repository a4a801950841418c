"""Networks with constant arithmetic on their weights done once, at load, instead of on each forward pass.

The official networks standardise the weights of the hybrid's ResNet on every pass (Qiao et al., Micro-Batch Training
with Batch-Channel Normalization and Weight Standardization, 2019).
"""

from __future__ import annotations

import torch
from timm.layers.std_conv import StdConv2d, StdConv2dSame
from torch import Tensor, nn
from torch.nn import functional

from worker.depth.midas.padding import HalvingConv, HalvingStdConv


def folded(network: nn.Module) -> nn.Module:
    """The same network, changed in place: convolutions with standardised weights become plain ones."""
    for name, module in list(network.named_modules()):
        if isinstance(module, StdConv2d | StdConv2dSame):
            parent, _, attribute = name.rpartition(".")
            setattr(network.get_submodule(parent), attribute, _plain(module))
    return network


def standardised(weight: Tensor, eps: float) -> Tensor:
    """Weights (O, I, H, W) with mean 0 and variance 1 over each output channel, as timm's layers compute them."""
    flat = weight.reshape(1, weight.shape[0], -1)
    return functional.batch_norm(flat, None, None, training=True, momentum=0.0, eps=eps).reshape_as(weight)


def _plain(conv: StdConv2d | StdConv2dSame) -> nn.Conv2d:
    """Of square kernels, strides and paddings, as all of them are."""
    kind = HalvingConv if isinstance(conv, HalvingStdConv) else nn.Conv2d
    with torch.device("meta"):
        plain = kind(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size[0],
            conv.stride[0],
            conv.padding if isinstance(conv.padding, str) else conv.padding[0],
            conv.dilation[0],
            conv.groups,
            bias=conv.bias is not None,
        )
    plain.weight = nn.Parameter(standardised(conv.weight.detach(), conv.eps), requires_grad=False)
    plain.bias = conv.bias
    return plain.train(conv.training)
