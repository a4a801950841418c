"""timm's layers replaced by equal ones that do at load what the originals do anew on each pass.

- TensorFlow's "same" padding is fixed, since working it out for each input keeps exporters from tracing it. A layer of
  stride 2 with kernel k over an even side needs k - 2 pixels, of which the smaller half goes left and above. All sides
  inside our networks are even where a stride of 2 follows, since inputs are multiples of 32.
- The hybrid's ResNet has its weights standardised (Qiao et al., Micro-Batch Training with Batch-Channel Normalization
  and Weight Standardization, 2019).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from timm.layers import Conv2dSame
from timm.layers.pool2d_same import MaxPool2dSame
from timm.layers.std_conv import StdConv2d, StdConv2dSame
from torch import Tensor, nn
from torch.nn import functional


class HalvingConv(nn.Conv2d):
    """A convolution of stride 2 over even sides."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, _padding(self.kernel_size[0])))


class HalvingStdConv(StdConv2dSame):
    """A convolution of stride 2 over even sides, its weights standardised."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, _padding(self.kernel_size[0])))


class HalvingMaxPool(nn.MaxPool2d):
    """Max pooling of stride 2 over even sides."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(functional.pad(x, _padding(_side(self.kernel_size)), value=-math.inf))


def with_fixed_padding(network: nn.Module) -> None:
    """Put one of the above in the place of each of timm's "same" layers."""
    _replace(network, _padded)


def folded(network: nn.Module) -> nn.Module:
    """The same network, changed in place: convolutions with standardised weights become plain ones."""
    _replace(network, _plain)
    return network


def standardised(weight: Tensor, eps: float) -> Tensor:
    """Weights (O, I, H, W) with mean 0 and variance 1 over each output channel, as timm's layers compute them."""
    flat = weight.reshape(1, weight.shape[0], -1)
    return functional.batch_norm(flat, None, None, training=True, momentum=0.0, eps=eps).reshape_as(weight)


def _replace(network: nn.Module, replacement_of: Callable[[nn.Module], nn.Module | None]) -> None:
    for name, module in list(network.named_modules()):
        replacement = replacement_of(module)
        if replacement is not None:
            parent, _, attribute = name.rpartition(".")
            setattr(network.get_submodule(parent), attribute, replacement)


def _padded(module: nn.Module) -> nn.Module | None:
    if isinstance(module, MaxPool2dSame):
        return HalvingMaxPool(_side(module.kernel_size), _side(module.stride))
    if isinstance(module, Conv2dSame):
        return HalvingConv(*_sizes(module), groups=module.groups, bias=module.bias is not None)
    if isinstance(module, StdConv2dSame) and module.same_pad:
        return HalvingStdConv(*_sizes(module), padding="valid", bias=module.bias is not None, eps=module.eps)
    return None


def _plain(conv: nn.Module) -> nn.Module | None:
    if not isinstance(conv, StdConv2d | StdConv2dSame):
        return None
    kind = HalvingConv if isinstance(conv, HalvingStdConv) else nn.Conv2d
    padding = conv.padding if isinstance(conv.padding, str) else conv.padding[0]
    with torch.device("meta"):
        plain = kind(*_sizes(conv), padding, conv.dilation[0], conv.groups, bias=conv.bias is not None)
    plain.weight = nn.Parameter(standardised(conv.weight.detach(), conv.eps), requires_grad=False)
    plain.bias = conv.bias
    return plain.train(conv.training)


def _sizes(conv: nn.Conv2d) -> tuple[int, int, int, int]:
    """Channels in and out, kernel and stride: all kernels and strides are square."""
    return conv.in_channels, conv.out_channels, conv.kernel_size[0], conv.stride[0]


def _side(square: int | tuple[int, int]) -> int:
    return square if isinstance(square, int) else square[0]


def _padding(kernel_px: int) -> tuple[int, int, int, int]:
    total = max(kernel_px - 2, 0)
    return total // 2, total - total // 2, total // 2, total - total // 2
