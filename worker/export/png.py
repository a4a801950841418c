"""PNG files that say what their values stand for, so that each can be turned back into a depth or a disparity."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import PngImagePlugin

from shared.cloud.pointcloud import Unit
from worker.export.source import AXES, Facts
from worker.geometry.surface.tone import Gray

PNG_BEGIN_BYTES = 33  # signature and IHDR; text may follow at once
QUICK = [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]
"""Of smooth maps, the filter that gives the least at low levels of compression."""
LEVELS = {np.dtype(np.uint8): 4, np.dtype(np.uint16): 1}
"""Of compression, by type: where the bytes are as few as Pillow's, in half of its time or less."""
NORMAL_FACTS: Facts = {
    "quantity": "unit vectors at right angles to the surface",
    "unit": "none",
    "axes": AXES,
    "formula": "component = value / 127.5 - 1; 0 0 0: unknown",
}


def depth_png(gray: Gray, unit: Unit, facts: Facts) -> bytes:
    """A picture of depth in that unit."""
    own = {
        "quantity": "depth along the optical axis",
        "unit": unit,
        "near": f"{1 / gray.near:.9g}",
        "far": f"{1 / gray.far:.9g}",
        "formula": f"depth = 1 / (1 / far + {_share(gray)} * (1 / near - 1 / far)); value 0: unknown",
    }
    return png_from_image(gray.image, own | _clipped(gray) | dict(facts))


def disparity_png(gray: Gray, facts: Facts, to_mm: tuple[float, float] | None = None, *, metric: bool = False) -> bytes:
    """A picture of a network's disparity, in 1 / mm where it is metric by the network's word.

    to_mm: a and b of 1 / depth_mm = a * disparity + b, where they are known.
    """
    unknown = "; value 0: unknown" if gray.scale.farthest else ""
    own = {
        "quantity": "disparity: relative inverse depth, larger is nearer",
        "unit": "1 / mm, by the network's word" if metric else "none: its scale and shift are not known",
        "near": f"{gray.near:.9g}",
        "far": f"{gray.far:.9g}",
        "formula": f"disparity = far + {_share(gray)} * (near - far){unknown}",
    }
    if to_mm:
        a, b = (f"{number:.7g}" for number in to_mm)
        own["in mm"] = f"about 1 / ({a} * disparity + {b}), as face and body fit it best; depth.npz has the result"
    return png_from_image(gray.image, own | _clipped(gray) | dict(facts))


def png_from_image(image: np.ndarray, facts: Facts) -> bytes:
    """A picture, (H, W) uint8 or uint16 or (H, W, 3) uint8, as PNG with the facts as text."""
    text = PngImagePlugin.PngInfo()
    for name, fact in facts.items():
        text.add_text(name, fact)
    how = [*QUICK, cv2.IMWRITE_PNG_COMPRESSION, LEVELS[image.dtype]]
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    data = cv2.imencode(".png", bgr, how)[1].tobytes()
    file = io.BytesIO()
    file.write(data[:PNG_BEGIN_BYTES])
    for kind, body, *_ in text.chunks:  # which OpenCV does not write
        PngImagePlugin.putchunk(file, kind, body)
    file.write(data[PNG_BEGIN_BYTES:])
    return file.getvalue()


def _share(gray: Gray) -> str:
    """How far a value is from far to near, as a formula."""
    first, span = gray.scale.farthest, gray.scale.white - gray.scale.farthest
    return f"(value - {first}) / {span}" if first else f"value / {span}"


def _clipped(gray: Gray) -> dict[str, str]:
    percent = gray.scale.clipped_percent
    return {"clipped": f"at either end {percent:g} % of the pixels lie beyond near and far"} if percent else {}
