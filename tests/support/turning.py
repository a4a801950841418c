"""Photos that somebody turned by any angle, and heads that lean over their trunk."""

import cv2
import numpy as np


def turned_by(pixels: np.ndarray, degrees: float) -> tuple[np.ndarray, np.ndarray]:
    """A photo turned clockwise, gray in its corners; and the (2, 3) map of its pixels onto the new ones."""
    height, width = pixels.shape[:2]
    onto = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1.0)
    span = np.abs(onto[:, :2]).round(9) @ [width, height]
    size_wh = round(span[0]), round(span[1])
    onto[:, 2] += [(size_wh[0] - width) / 2, (size_wh[1] - height) / 2]
    return cv2.warpAffine(pixels, onto, size_wh, borderMode=cv2.BORDER_CONSTANT, borderValue=(127, 127, 127)), onto


def leaning(pixels: np.ndarray, neck_uv: tuple[float, float], degrees: float) -> np.ndarray:
    """A photo whose head leans clockwise round its neck, all below the neck as it was; the neck bends between."""
    v, u = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
    across, above = u - neck_uv[0], neck_uv[1] - v
    away = np.hypot(across, above)
    bend = np.radians(degrees) * np.clip(0.5 + (above + np.tan(np.radians(degrees) / 2) * across) / 50, 0, 1)
    angle = np.arctan2(across, above) - bend
    source_u, source_v = neck_uv[0] + away * np.sin(angle), neck_uv[1] - away * np.cos(angle)
    return cv2.remap(pixels, source_u.astype(np.float32), source_v.astype(np.float32), cv2.INTER_LINEAR)
