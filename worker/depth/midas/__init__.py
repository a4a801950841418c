"""The MiDaS networks: photo to disparity. Importing this package does not import torch; its modules do."""

from worker.depth.midas.rows import ROWS

__all__ = ["ROWS"]
