"""Which pictures of a job stand in for its 3D view where a browser cannot draw that, and how they are laid out."""

from __future__ import annotations

from shared.results import DEPTH_IMAGE, HEAD_TURNTABLE, TURNTABLE
from shared.turntable import HEAD_TURNTABLE as HEAD_VIEWS
from shared.turntable import SURFACE_TURNTABLE as SURFACE_VIEWS
from shared.turntable import Turntable


def stills() -> dict[str, dict[str, str | float]]:
    """By name of the result, in the order in which they are offered: see `Stills` in the viewer's types.d.ts."""
    return {
        TURNTABLE: {"word": "Face", "mode": "points", **_layout(SURFACE_VIEWS)},
        HEAD_TURNTABLE: {"word": "Head", "mode": "head", **_layout(HEAD_VIEWS)},
        DEPTH_IMAGE: {"word": "Depth map", "mode": "", **_layout(Turntable(0, 0, columns=1, rows=1))},
    }


def _layout(views: Turntable) -> dict[str, float]:
    names = ("columns", "rows", "first_yaw_deg", "step_deg")
    return {name: getattr(views, name) for name in names}
