"""The camera that took a photo, from what is known of it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

from shared.cloud.camera import FILM_DIAGONAL_MM, Intrinsics

DEFAULT_LONG_SIDE_FOV_DEG = 40.0
PLAUSIBLE_DISTANCE_MM = 600.0
"""People are rarely photographed from nearer: a face that seems to be has been cut out of a larger photo."""

NEAREST_FACE_MM = 200.0
"""By a lens that metadata or a network says: nobody takes a face from nearer, and lenses do not focus there."""
FARTHEST_LARGE_FACE_MM = 5000.0
"""The same of a face wider than LARGE_FACE of the photo's diagonal: it would take a lens of 155 mm or more."""
LARGE_FACE = 0.1

CameraSource = Literal["given", "exif", "network", "assumed"]


def camera_source(
    fov_x_deg: float | None, focal_35mm: float | None, network_fov_x_deg: float | None = None
) -> CameraSource:
    """Where a photo's focal length is from: the user, else its metadata, else a network, else nowhere."""
    if fov_x_deg is not None:
        return "given"
    if focal_35mm:
        return "exif"
    return "network" if network_fov_x_deg is not None else "assumed"


def camera_for(
    photo_size_wh: tuple[int, int],
    grid_size_wh: tuple[int, int],
    fov_x_deg: float | None = None,
    focal_35mm: float | None = None,
) -> Intrinsics:
    """The pinhole camera of a photo, on a pixel grid over the whole photo; the principal point is in its middle.

    Args:
        photo_size_wh: width and height of the photo in pixels, as the camera framed it.
        grid_size_wh: width and height of the wanted grid.
        fov_x_deg: horizontal field of view in degrees, edge to edge; goes first.
        focal_35mm: 35 mm equivalent focal length in mm, as EXIF has it (0 is EXIF's "unknown"); goes second.
            With neither, the long side of the photo is taken to span DEFAULT_LONG_SIDE_FOV_DEG.
    Raises:
        ValueError: a field of view outside (0, 180) degrees, or a negative focal length.
    Source: tag FocalLengthIn35mmFilm, Exif 2.32 (CIPA DC-008-2019), section 4.6.5.
    """
    return Intrinsics.from_focal(photo_size_wh, _focal_px(photo_size_wh, fov_x_deg, focal_35mm)).resized(grid_size_wh)


def turned_fov_deg(fov_x_deg: float | None, size_wh: tuple[int, int], quarters: int) -> float | None:
    """The horizontal field of view in degrees after quarter turns, of a photo of that size whose pixels are square."""
    if fov_x_deg is None or quarters % 2 == 0:
        return fov_x_deg
    return math.degrees(2 * math.atan(math.tan(math.radians(fov_x_deg) / 2) * size_wh[1] / size_wh[0]))


def backed_off(camera: Intrinsics, distance_mm: float) -> Intrinsics:
    """The camera with a lens long enough to show what it shows from a plausible distance.

    Distance and focal length in pixels grow alike for a thing of known size. A crop keeps its pixels but loses the
    angle that they once spanned, so an assumed field of view makes its lens too short and its face too near.

    `distance_mm` is the face's, seen through the camera, whose focal length was assumed.
    """
    longer = max(1.0, PLAUSIBLE_DISTANCE_MM / distance_mm)
    return replace(camera, fx=camera.fx * longer, fy=camera.fy * longer)


def implausible_distance(distance_mm: float, face_share: float) -> str | None:
    """What a face is that is so far away, where a lens by which it is cannot be right; None where it can.

    `face_share` is the face's width by the photo's diagonal.
    """
    if distance_mm < NEAREST_FACE_MM:
        return f"{distance_mm / 10:.0f} cm from the camera, as if the photo was cut out of a larger one"
    if distance_mm > FARTHEST_LARGE_FACE_MM and face_share > LARGE_FACE:
        return f"{distance_mm / 1000:.1f} m from the camera, and yet {face_share:.0%} as wide as the photo's diagonal"
    return None


def _focal_px(photo_size_wh: tuple[int, int], fov_x_deg: float | None, focal_35mm: float | None) -> float:
    """Focal length in pixels, by the side that a field of view spans or by the diagonal.

    The 35 mm equivalent keeps the diagonal angle of view (CIPA DCG-001-2018), so the photo's diagonal answers to the
    film's 43.27 mm. Taking the photo's width for the film's 36 mm agrees on 3:2 photos only: it is 4% off on 4:3 ones,
    and half as much again on upright ones.
    """
    if fov_x_deg is not None and not 0 < fov_x_deg < 180:
        raise ValueError(f"a horizontal field of view of {fov_x_deg} degrees; it must lie between 0 and 180")
    if focal_35mm is not None and not focal_35mm >= 0:
        raise ValueError(f"a focal length of {focal_35mm} mm; it cannot be negative")
    if fov_x_deg is None and focal_35mm:
        return focal_35mm / FILM_DIAGONAL_MM * math.hypot(*photo_size_wh)
    side_px, fov_deg = photo_size_wh[0], fov_x_deg
    if fov_deg is None:
        side_px, fov_deg = max(photo_size_wh), DEFAULT_LONG_SIDE_FOV_DEG
    return side_px / 2 / math.tan(math.radians(fov_deg) / 2)
