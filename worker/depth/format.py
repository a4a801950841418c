"""The file of a depth map: an .npz with depth, confidence, mask, unit, fx, fy, cx, cy, and the report as JSON.

All of it lies as the photo does; `quarter_turns`, clockwise, set its person upright where the file has them.
Where a person is known, alpha and classes too, as uint8; where a network ran, its disparity; where a head was fitted,
the fields of `HeadFit` after "head_". What each number is stands in `meaning`, for other programs.
"""

from __future__ import annotations

import io
import json
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args

import numpy as np

from shared.cloud.camera import Intrinsics
from shared.cloud.classes import PointClass
from shared.cloud.pointcloud import Unit
from worker.depth.estimator import DepthMap
from worker.head.fit.head_fit import HeadFit
from worker.person.person import Person
from worker.zips import zipped

CAMERA_KEYS = ("fx", "fy", "cx", "cy")
HEAD_KEYS = tuple(field.name for field in fields(HeadFit))
MEANING = {
    "depth": "(H, W), along the optical axis, in `unit`; NaN where unknown",
    "unit": "mm, or relative where no length is known",
    "fx, fy, cx, cy": "pinhole camera in pixels of this grid, pixel (0, 0) centred at (0, 0): "
    "x = (column - cx) * depth / fx to the right, y = (row - cy) * depth / fy down",
    "confidence": "0 none to 1 full",
    "mask": "where there is depth",
    "alpha": "the person's share of a pixel, 0 to 255",
    "classes": ", ".join(f"{each:d} {each.word}" for each in PointClass),
    "disparity": "of a network or a map, larger is nearer, NaN where it knows nothing, of unknown scale and shift; "
    "where `report` has a and b under network, 1 / mm = a * disparity + b fits it best to face and body; of a network "
    "that knows mm and finds no face it is 1 / mm",
    "head_...": "the fitted head model, for Relief itself",
}


def bytes_from_depth_map(depth_map: DepthMap) -> bytes:
    """Write a depth map; depth and confidence are stored as float32."""
    parts: dict[str, Any] = {name: np.float64(getattr(depth_map.camera, name)) for name in CAMERA_KEYS}
    parts |= {"depth": depth_map.depth.astype(np.float32), "confidence": depth_map.confidence.astype(np.float32)}
    parts |= {"mask": depth_map.mask, "unit": np.str_(depth_map.unit), "report": np.str_(json.dumps(depth_map.report))}
    if depth_map.person is not None:
        person = depth_map.person
        parts |= {"alpha": np.rint(person.alpha * 255).astype(np.uint8), "classes": person.classes}
        parts["outline_found"] = np.bool_(person.outline_found)
    if depth_map.disparity is not None:
        parts["disparity"] = depth_map.disparity.astype(np.float32)
    if depth_map.quarters:
        parts["quarter_turns"] = np.uint8(depth_map.quarters)
    if depth_map.head is not None:
        parts |= {f"head_{name}": np.asarray(getattr(depth_map.head, name)) for name in HEAD_KEYS}
    parts["meaning"] = np.str_(json.dumps(MEANING))
    return zipped({f"{name}.npy": _npy(value) for name, value in parts.items()}, datetime.now(UTC))


def _npy(value: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, value, allow_pickle=False)
    return file.getvalue()


def depth_map_from_bytes(data: bytes) -> DepthMap:
    """Read a depth map back.

    Raises:
        ValueError: the unit is none that we know.
        KeyError: a part is missing.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        depth, unit = file["depth"], str(file["unit"])
        if unit not in get_args(Unit):
            raise ValueError(f"a depth map in {unit!r}; known are {get_args(Unit)}")
        height, width = depth.shape
        camera = Intrinsics(width, height, *(float(file[name]) for name in CAMERA_KEYS))
        person = None
        if "alpha" in file:
            alpha = file["alpha"].astype(np.float32) / 255
            person = Person(alpha, file["classes"], bool(file["outline_found"]))
        head = None
        if "head_rotation" in file:
            found: dict[str, Any] = {name: file[f"head_{name}"] for name in HEAD_KEYS}
            head = HeadFit(**found | {name: float(found[name]) for name in ("scale", "error_mm")})
        report = json.loads(str(file["report"]))
        quarters = int(file.get("quarter_turns", 0))
        more = person, file.get("disparity"), head, quarters
        return DepthMap(depth, camera, unit, file["confidence"], report, *more)  # type: ignore[arg-type]
