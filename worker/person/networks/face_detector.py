"""Where faces may be: the BlazeFace detectors.

Source: Bazarevsky et al., BlazeFace, CVPR Workshop on Computer Vision for AR and VR, 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from worker.person.crops import Square, crop, to_photo
from worker.person.networks.tflite import TfliteNetwork


@dataclass(frozen=True)
class DetectionSettings:
    """What counts as a possible face."""

    least_score: float = 0.5  # 0 to 1; as in MediaPipe's graph
    most_overlap: float = 0.3  # intersection over union above which two are one face; as in MediaPipe's graph
    most_logit: float = 80.0  # the network's output is clipped to it: beyond 88 exp(x) is no float32


DETECTION = DetectionSettings()


@dataclass(frozen=True)
class DetectorRow:
    """One detector.

    file: its name in the weights folder.
    size_px: side of its input.
    grids: stride in pixels and anchors a cell, of each of its grids.
    scores, boxes: names of its outputs.
    """

    file: str
    size_px: int
    grids: tuple[tuple[int, int], ...]
    scores: str
    boxes: str

    def anchors(self) -> np.ndarray:
        """(N, 2) centres of its anchors, u and v as fractions of the input's side."""
        grids = []
        for stride, count in self.grids:
            cells = self.size_px // stride
            v, u = np.mgrid[:cells, :cells]
            centres = (np.dstack([u, v]).reshape(-1, 2) + 0.5) / cells
            grids.append(np.repeat(centres, count, axis=0))
        return np.vstack(grids)


DETECTORS = {
    "near": DetectorRow("face_detection_short_range.tflite", 128, ((8, 2), (16, 6)), "classificators", "regressors"),
    "far": DetectorRow(
        "face_detection_full_range.tflite", 192, ((4, 1),), "reshaped_classifier_face_4", "reshaped_regressor_face_4"
    ),
}


@dataclass(frozen=True)
class Detection:
    """A possible face, in photo pixels.

    points: (8, 2) float: two corners of the box, then right eye, left eye, nose, mouth, right ear, left ear.
    score: 0 to 1.
    """

    points: np.ndarray
    score: float

    @property
    def side(self) -> float:
        """Side of the box, which is a square, upright or turned; pixels."""
        return float(np.linalg.norm(self.points[1] - self.points[0]) / np.sqrt(2))

    @property
    def middle(self) -> np.ndarray:
        """(2,) centre of the box, pixels."""
        return self.points[:2].mean(0)

    @property
    def roll_rad(self) -> float:
        """Angle of the eye line, clockwise as seen."""
        right, left = self.points[2], self.points[3]
        return float(np.arctan2(left[1] - right[1], left[0] - right[0]))

    def scaled(self, scale_uv: tuple[float, float]) -> Detection:
        """The same face on another pixel grid over the same picture (pixel edges stay aligned)."""
        return Detection((self.points + 0.5) * scale_uv - 0.5, self.score)

    def mirrored(self, width: int) -> Detection:
        """The same face in the mirror image of a photo of that width."""
        u, v = self.points[[0, 1, 3, 2, 4, 5, 7, 6]].T
        points = np.column_stack([width - 1 - u, v])
        points[:2, 0] = points[1::-1, 0]
        return Detection(points, self.score)


class FaceDetector:
    """Finds possible faces in squares of a photo."""

    def __init__(self, folder: Path, row: DetectorRow) -> None:
        """Load the network from the weights folder."""
        self._row = row
        self._network = TfliteNetwork(folder / row.file)
        self._anchors = row.anchors()

    def detect(self, pixels: np.ndarray, square: Square, least_score: float = DETECTION.least_score) -> list[Detection]:
        """Possible faces in a square of a photo.

        Args:
            pixels: (H, W, 3) uint8 RGB.
            square: where to look.
            least_score: 0 to 1, of those wanted.
        """
        size, limit = self._row.size_px, DETECTION.most_logit
        outputs = self._network.run(crop(pixels, square, size).astype(np.float32) / 127.5 - 1)
        scores = 1 / (1 + np.exp(-outputs[self._row.scores].ravel().clip(-limit, limit)))
        keep = scores >= least_score
        raw = outputs[self._row.boxes].reshape(-1, 8, 2)[keep].astype(float)
        return [
            Detection(to_photo(_points(values, anchor), square, size), float(score))
            for values, anchor, score in zip(raw, self._anchors[keep] * size, scores[keep], strict=True)
        ]


def distinct(detections: list[Detection]) -> list[Detection]:
    """One detection a face: overlapping ones, all of one square, are averaged by their scores, best first.

    Source: BlazeFace, section 3.4 (blending instead of suppression).
    """
    rest = sorted(detections, key=lambda detection: -detection.score)
    blended = []
    while rest:
        best, *others = rest
        same = [best, *(other for other in others if overlap(best, other) > DETECTION.most_overlap)]
        points = np.average([one.points for one in same], axis=0, weights=[one.score for one in same])
        blended.append(Detection(points, best.score))
        rest = [other for other in others if not overlap(best, other) > DETECTION.most_overlap]
    return blended


def overlap(first: Detection, second: Detection) -> float:
    """Intersection over union of two faces, each taken as an upright square, 0 to 1."""
    half = np.array([first.side, second.side]) / 2
    middles = np.array([first.middle, second.middle])
    low = (middles - half[:, None]).max(0)
    high = (middles + half[:, None]).min(0)
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / (first.side**2 + second.side**2 - shared)


def _points(values: np.ndarray, anchor: np.ndarray) -> np.ndarray:
    """(8, 2) points in crop pixels from the network's (8, 2) values: middle and size of the box, then six points."""
    centre, half = values[0] + anchor, values[1] / 2
    return np.vstack([centre - half, centre + half, values[2:] + anchor]) - 0.5
