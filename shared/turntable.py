"""Pictures of a 3D model: the layout of an image that has many views, and the size of a preview."""

from __future__ import annotations

from dataclasses import dataclass

PREVIEW_SIZE_WH = (1200, 630)  # as large as link previews are shown


@dataclass(frozen=True)
class Turntable:
    """Views in rows and columns of one image; view i is in row i // columns, column i % columns.

    Convention: at 0 degrees the model is seen from where the photo was taken; with a greater yaw it is turned about
    the vertical so that a face looks further to the right of the picture.
    """

    first_yaw_deg: float
    step_deg: float
    columns: int = 6
    rows: int = 4
    width_px: int = 320  # of one view
    height_px: int = 400

    @property
    def yaws_deg(self) -> list[float]:
        """The yaw of each view."""
        return [self.first_yaw_deg + i * self.step_deg for i in range(self.columns * self.rows)]


SURFACE_TURNTABLE = Turntable(first_yaw_deg=-45, step_deg=90 / 23)  # the photo shows no more than the front
HEAD_TURNTABLE = Turntable(first_yaw_deg=-180, step_deg=15)
