"""TensorFlow's "same" padding, fixed: what timm works out anew for each input, which keeps exporters from tracing it.

A layer of stride 2 with kernel k over an even side needs k - 2 pixels, of which the smaller half goes left and above.
All sides inside our networks are even where a stride of 2 follows, since inputs are multiples of 32.
"""

from __future__ import annotations

import math

from timm.layers import Conv2dSame
from timm.layers.pool2d_same import MaxPool2dSame
from timm.layers.std_conv import StdConv2dSame
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


def with_fixed_padding(net: nn.Module) -> None:
    """Put one of the above in the place of each of timm's "same" layers."""
    for name, module in list(net.named_modules()):
        replacement = _fixed(module)
        if replacement is not None:
            parent, _, attribute = name.rpartition(".")
            setattr(net.get_submodule(parent), attribute, replacement)


def _fixed(module: nn.Module) -> nn.Module | None:
    if isinstance(module, MaxPool2dSame):
        return HalvingMaxPool(_side(module.kernel_size), _side(module.stride))
    if isinstance(module, Conv2dSame):
        return HalvingConv(*_sizes(module), groups=module.groups, bias=module.bias is not None)
    if isinstance(module, StdConv2dSame) and module.same_pad:
        return HalvingStdConv(*_sizes(module), padding="valid", bias=module.bias is not None, eps=module.eps)
    return None


def _sizes(module: nn.Conv2d) -> tuple[int, int, int, int]:
    return module.in_channels, module.out_channels, module.kernel_size[0], module.stride[0]


def _side(square: int | tuple[int, int]) -> int:
    return square if isinstance(square, int) else square[0]


def _padding(kernel_px: int) -> tuple[int, int, int, int]:
    total = max(kernel_px - 2, 0)
    return total // 2, total - total // 2, total // 2, total - total // 2
