"""Photo to depth map to point cloud, and the files of each; knows nothing of queues.

The functions that end in `_files` give bytes by file name; the caller writes them.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import numpy as np

from shared.cloud.format import bytes_from_cloud
from shared.cloud.pointcloud import PointCloud
from shared.cloud.quarters import turned
from shared.errors import PhotoError
from shared.head.head import WholeHead
from shared.jobs.record import Stage
from shared.options import ModelOptions
from shared.results import DEPTH_IMAGE, DEPTH_IMAGE_16, DEPTH_VALUES, METRIC_IMAGE, REPORT, RESULTS, ROUGH
from worker.depth.estimator import DepthMap, Estimator, Photo
from worker.depth.format import bytes_from_depth_map
from worker.export.formats import WRITERS
from worker.export.head.formats import HEAD_WRITERS
from worker.export.head.source import HeadSource
from worker.export.head.stl import SolidError
from worker.export.png import depth_png, disparity_png
from worker.export.source import Source, facts_of
from worker.geometry.surface.cloud import cloud_from_depth
from worker.geometry.surface.rough import rough_cloud_from_depth
from worker.geometry.surface.solid import solid_squares
from worker.geometry.surface.tone import (
    DEPTH_8,
    DEPTH_16,
    DISPARITY_8,
    DISPARITY_16,
    gray_from_depth,
    gray_from_disparity,
)
from worker.head.model.load import head_model
from worker.head.report import head_report, no_head_report
from worker.head.unseen import unseen_parts
from worker.head.view import HeadView
from worker.head.whole import whole_head

log = logging.getLogger(__name__)


def estimate_depth(estimator: Estimator, photo: Photo) -> DepthMap:
    """Estimate one photo's depth.

    Raises:
        PhotoError: the photo cannot be used; the estimator says why.
    """
    (result,) = estimator.estimate([photo])
    if isinstance(result, PhotoError):
        raise result
    return result


def build_cloud(depth_map: DepthMap, pixels: np.ndarray, options: ModelOptions) -> tuple[PointCloud, dict[str, Any]]:
    """Build the point cloud of a depth map and its photo (H, W, 3) uint8; the report is JSON values only.

    The cloud stands upright, also where the photo does not.

    Raises:
        PhotoError: there is no depth to build from.
    """
    if not depth_map.mask.any():
        raise PhotoError("no depth was found in this photo; one with a face that is well lit and in focus works best")
    quarters, upright = depth_map.quarters, depth_map.turned(depth_map.quarters)
    cloud, found = cloud_from_depth(
        upright.depth,
        upright.confidence,
        upright.camera,
        upright.unit,
        turned(pixels, quarters),
        point_budget=options.point_budget,
        smoothing=options.smoothing,
        remove_background=options.background == "remove",
        alpha=upright.person.alpha if upright.person else None,
        classes=upright.person.classes if upright.person else None,
    )
    return replace(cloud, quarters=quarters), found


def rough_files(depth_map: DepthMap, pixels: np.ndarray) -> dict[str, bytes]:
    """The file of a rough depth map and its photo (H, W, 3) uint8: its points, upright, until the point cloud is there.

    Raises:
        ValueError: there is no depth.
    """
    quarters, upright = depth_map.quarters, depth_map.turned(depth_map.quarters)
    cloud = rough_cloud_from_depth(
        upright.depth, upright.confidence, upright.camera, upright.unit, turned(pixels, quarters)
    )
    return {ROUGH: bytes_from_cloud(replace(cloud, quarters=quarters))}


def head_view(depth_map: DepthMap, pixels: np.ndarray) -> HeadView | None:
    """What a depth map and its photo (H, W, 3) uint8 show of a person; None where none is known."""
    person = depth_map.person
    if person is None:
        return None
    return HeadView(depth_map.depth, depth_map.camera, person.alpha, person.classes, depth_map.confidence, pixels)


def build_head(depth_map: DepthMap, pixels: np.ndarray) -> tuple[WholeHead | None, dict[str, Any]]:
    """Build the whole head of a depth map and its photo (H, W, 3) uint8; the report is JSON values only.

    Where no head was fitted to a face there is none, and the report says so. It stands upright, as the cloud does.
    """
    pixels, depth_map = turned(pixels, depth_map.quarters), depth_map.turned(depth_map.quarters)
    fit, view, report = depth_map.head, head_view(depth_map, pixels), depth_map.report
    if fit is None or view is None or not fit.good:
        return None, no_head_report(report, fitted=fit is not None)
    model = head_model()
    head = whole_head(view, fit, model, report["scale"]["source"])
    return head, head_report(head, fit_error_mm=fit.error_mm, unseen=unseen_parts(view, fit, model))


def depth_files(depth_map: DepthMap, *, model: str) -> dict[str, bytes]:
    """The files of the depth stage: depth as float, and as 8 and 16-bit pictures.

    Where a network ran, the pictures are its own disparity, and depth in mm is a picture more.
    """
    files, facts = {DEPTH_VALUES: bytes_from_depth_map(depth_map)}, facts_of(model)
    depth, disparity, unit = depth_map.depth, depth_map.disparity, depth_map.unit
    if disparity is None:
        scales = {DEPTH_IMAGE: DEPTH_8, DEPTH_IMAGE_16: DEPTH_16}
    else:
        to_mm, metric = _scale_and_shift(depth_map), _is_metric_itself(depth_map)
        for name, scale in {DEPTH_IMAGE: DISPARITY_8, DEPTH_IMAGE_16: DISPARITY_16}.items():
            files[name] = disparity_png(gray_from_disparity(disparity, scale), facts, to_mm, metric=metric)
        scales = {METRIC_IMAGE: DEPTH_8} if unit == "mm" else {}
    return files | {name: depth_png(gray_from_depth(depth, scale), unit, facts) for name, scale in scales.items()}


def cloud_files(cloud: PointCloud, pixels: np.ndarray, options: ModelOptions, *, model: str) -> dict[str, bytes]:
    """The files of the model stage: the points, from a cloud and its photo (H, W, 3) uint8.

    The files say what made them: the options, and `model`, the depth model's name.
    """
    return _stage_files(Stage.MODEL, _source(cloud, pixels, options, model))


def mesh_files(cloud: PointCloud, pixels: np.ndarray, options: ModelOptions, *, model: str) -> dict[str, bytes]:
    """The files of the export stage, from the same as `cloud_files`: the surface, for other programs.

    Raises:
        PhotoError: the cloud has no four points side by side.
    """
    if not solid_squares(cloud.mask).any():
        raise PhotoError("the surface that was found is too small or too torn for a mesh")
    return _stage_files(Stage.EXPORT, _source(cloud, pixels, options, model))


def head_files(head: WholeHead, *, model: str) -> dict[str, bytes]:
    """The files of the head stage, which say `model`, the depth model's name."""
    source, files = HeadSource(head, facts_of(model)), {}
    for name, write in HEAD_WRITERS.items():
        try:
            files[name] = write(source)
        except SolidError as error:  # the other files do not need a solid
            log.error("no %s: %s", name, error)
    return files


def report_files(report: dict[str, Any]) -> dict[str, bytes]:
    """The report as a file, which is JSON that any program reads: no NaN in it."""
    return {REPORT: json.dumps(report, indent=2, allow_nan=False).encode()}


def _scale_and_shift(depth_map: DepthMap) -> tuple[float, float] | None:
    """What took a network's disparity to 1 / mm; None where no face did."""
    found = depth_map.report.get("network", {})
    return (found["a"], found["b"]) if "a" in found else None


def _is_metric_itself(depth_map: DepthMap) -> bool:
    """Whether a network's disparity was metric before any face sized it."""
    report = depth_map.report
    alone = report.get("face_found") is False and depth_map.unit == "mm"
    return alone or report.get("network", {}).get("scale") == "metric"


def _source(cloud: PointCloud, pixels: np.ndarray, options: ModelOptions, model: str) -> Source:
    """What the files of a cloud are made from, its photo (H, W, 3) uint8 set upright."""
    return Source(cloud, turned(pixels, cloud.quarters), options.color, facts_of(model, options))


def _stage_files(stage: Stage, source: Source) -> dict[str, bytes]:
    """Every format of the table that belongs to the stage."""
    return {name: write(source) for name, write in WRITERS.items() if RESULTS[name].stage == stage}
