"""The export stage: point cloud to meshes for other programs."""

from __future__ import annotations

from shared.cloud.format import cloud_from_bytes
from shared.jobs.claims import Claim
from shared.results import CLOUD
from worker import pipeline
from worker.stages.context import StageContext


def write_meshes(context: StageContext, claim: Claim) -> None:
    """Write the meshes of a job's point cloud."""
    job = claim.job
    cloud = cloud_from_bytes(context.result(claim, CLOUD))
    pixels = context.pixels(claim)
    context.finish(claim, pipeline.mesh_files(cloud, pixels, job.model, model=job.model_name or "unknown"), {})
