"""The model stage: depth map to point cloud."""

from __future__ import annotations

from shared.jobs.claims import Claim
from shared.results import DEPTH_VALUES
from worker import pipeline
from worker.depth.format import depth_map_from_bytes
from worker.report import report_of
from worker.stages.context import StageContext


def build_model(context: StageContext, claim: Claim) -> None:
    """Build the point cloud of a job, and its report."""
    job = claim.job
    depth_map = depth_map_from_bytes(context.result(claim, DEPTH_VALUES))
    pixels = context.pixels(claim)
    cloud, found = pipeline.build_cloud(depth_map, pixels, job.model)
    model = job.model_name or "unknown"
    report = report_of(depth_map.report, found, model=model, depth_options=job.depth, model_options=job.model)
    files = pipeline.cloud_files(cloud, pixels, job.model, model=model) | pipeline.report_files(report)
    context.finish(claim, files, found | {"lengths": report["lengths"]})
