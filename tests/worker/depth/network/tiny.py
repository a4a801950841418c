"""A depth network of one layer, which is exported in a second; its row builds it by this module's name."""

import torch
from torch import nn

from worker.depth.network.checkpoint import NetworkSpec
from worker.depth.network.reading import DisparityReading
from worker.depth.network.row import NetworkKind, NetworkModel, Precision
from worker.depth.network.transforms import IMAGENET, InputRule
from worker.depth.weights import UrlSource, Weights, WeightsFile, sha256_of


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, photos):
        return self.conv(photos).relu().mean(1)


def tiny_spec():
    return NetworkSpec(Tiny, ())


def write_tiny_checkpoint(path):
    """A checkpoint with seeded weights."""
    torch.manual_seed(3)
    torch.save(Tiny().state_dict(), path)


def tiny_model(checkpoint, url):
    """The row of the network whose checkpoint that is, and lies at that URL."""
    return NetworkModel(
        name="tiny",
        title="Tiny",
        rank=0,
        unit="relative",
        weights=Weights((WeightsFile("tiny.pt", sha256_of(checkpoint)),), (UrlSource(url),)),
        licence="MIT",
        kind=NetworkKind(f"{__name__}:tiny_spec", Precision("float16", channels_last=True)),
        arguments={},
        reading=DisparityReading(InputRule(64), IMAGENET),
    )
