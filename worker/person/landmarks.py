"""Which of the 468 landmarks of MediaPipe's face mesh are what. Right is the person's right, left in the photo."""

from __future__ import annotations

from dataclasses import dataclass

Indices = tuple[int, ...]


@dataclass(frozen=True)
class LandmarkIndices:
    """Indices of landmarks. Source: the drawing of MediaPipe's canonical face model.

    *_eye_corners: the two ends of an eye, from left to right in the photo.
    *_eye_rim, lips_rim, *_brow: closed outlines, in order.
    upper_lip, lower_lip: the mouth's opening, from corner to corner.
    lids: middles of the upper and lower lid, of the right eye and of the left one.
    forehead, chin: uppermost and lowest point of the face.
    irises: the points that follow the landmarks: for the right eye, then the left one, the pupil, and the iris's
        right, upper, left and lower edge as seen in the photo. mirrored_irises: each one's mirror image.
    """

    count: int = 468
    right_eye_corners: tuple[int, int] = (33, 133)
    left_eye_corners: tuple[int, int] = (362, 263)
    right_eye_rim: Indices = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
    left_eye_rim: Indices = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
    lids: tuple[tuple[int, int], ...] = ((159, 145), (386, 374))
    upper_lip: Indices = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
    lower_lip: Indices = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
    lips_rim: Indices = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
    right_brow: Indices = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46)
    left_brow: Indices = (300, 293, 334, 296, 336, 285, 295, 282, 283, 276)
    forehead: int = 10
    chin: int = 152
    irises: tuple[int, int] = (2, 5)  # eyes, and points of each
    mirrored_irises: Indices = (5, 8, 7, 6, 9, 0, 3, 2, 1, 4)

    @property
    def outer_eye_corners(self) -> tuple[int, int]:
        """Of the right eye and of the left one."""
        return self.right_eye_corners[0], self.left_eye_corners[1]

    @property
    def patterns(self) -> tuple[Indices, ...]:
        """Outlines of eyes, lips and brows, where brightness says nothing of the shape."""
        return self.right_eye_rim, self.left_eye_rim, self.lips_rim, self.right_brow, self.left_brow


LANDMARKS = LandmarkIndices()
