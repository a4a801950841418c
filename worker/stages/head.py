"""The head stage: depth map and photo to a whole head, where a face was fitted."""

from __future__ import annotations

import json

from shared.jobs.claims import Claim
from shared.results import DEPTH_VALUES, REPORT
from worker import pipeline
from worker.depth.format import depth_map_from_bytes
from worker.stages.context import StageContext


def build_head(context: StageContext, claim: Claim) -> None:
    """Build the whole head of a job, and add to its report; where there is none, the report says why."""
    job = claim.job
    depth_map = depth_map_from_bytes(context.result(claim, DEPTH_VALUES))
    pixels = context.pixels(claim)
    context.claims.progress(claim, 0.1)
    head, found = pipeline.build_head(depth_map, pixels)
    context.claims.progress(claim, 0.7)
    files = pipeline.head_files(head, model=job.model_name or "unknown") if head else {}
    report = json.loads(context.result(claim, REPORT)) | {"head": found}
    context.finish(claim, files | pipeline.report_files(report), {"head": found})
