"""A network's second view of a face, cropped and so at a larger scale, joined into its view of the whole photo."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from worker.depth.prediction import Prediction, with_lens
from worker.geometry.fuse.focus import Box, LookAside, fused_disparity, fused_normals


def with_detail(whole: Prediction, detail: Prediction, box: Box) -> Prediction:
    """The prediction of a photo, and in a box of its grid what the network said of that part alone.

    Scale, shift, lens and mask are the whole's. Where the two contradict each other, it is the whole as it was.
    """
    if whole.camera is not None and detail.camera is not None:
        detail = _in_frame_of(LookAside(box, whole.camera), detail)
    joined = fused_disparity(whole.known, detail.known, box)
    if joined is None:
        return whole
    known = np.isfinite(joined) if whole.scale == "affine" else joined > 0
    normals = whole.normals
    if normals is not None and detail.normals is not None:
        normals = fused_normals(normals, detail.normals, box)
    return replace(whole, disparity=np.where(known, joined, whole.disparity), normals=normals)


def _in_frame_of(view: LookAside, detail: Prediction) -> Prediction:
    """The detail in the frame of the whole photo's camera, and by the same lens."""
    detail = with_lens(detail, view.lens)
    turned = None if detail.normals is None else (detail.normals @ view.rotation.T).astype(np.float32)
    return replace(detail, disparity=view.disparity_ahead(detail.disparity), normals=turned)
