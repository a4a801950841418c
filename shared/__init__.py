"""The contract that the web front and the workers both speak."""

__version__ = "0.1.0"
