"""The embedded default depth model, `portrait`: a face's real geometry and a believable bust, no large download."""

from worker.depth.portrait.row import ROWS

__all__ = ["ROWS"]
