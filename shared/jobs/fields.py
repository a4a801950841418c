"""Job records as the fields of a hash in Redis.

Schema 2 has a field `stage:<stage>` for each StageResult. Schema 1, which says no version, had four: `<stage>_s`,
`<stage>_queued_s`, `<stage>_files` and `<stage>_report`. These are read too, also where a worker of that release wrote
them into a newer record; when a run finishes, the record becomes one of schema 2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis import Redis

from shared.errors import JobNotFoundError
from shared.jobs.keys import Key
from shared.jobs.record import Job, Stage

SCHEMA = 2
JSON_FIELDS = ("steps", "photo", "disparity", "depth", "model", "error", "rough")


def not_found(job_id: str) -> JobNotFoundError:
    """The error of a job that is not there."""
    return JobNotFoundError(f"there is no job {job_id}; it may have been deleted")


def read_job(redis: Redis, job_id: str) -> Job:
    """The job record.

    Raises:
        JobNotFoundError: there is none of that id.
    """
    fields = cast(dict[bytes, bytes], redis.hgetall(f"{Key.JOB}{job_id}"))
    if not fields:
        raise not_found(job_id)
    return _job(fields)


def read_jobs(redis: Redis, job_ids: Sequence[bytes]) -> list[Job]:
    """The records of those jobs that still exist."""
    with redis.pipeline(transaction=False) as pipe:
        for job_id in job_ids:
            pipe.hgetall(f"{Key.JOB}{job_id.decode()}")
        return [_job(fields) for fields in pipe.execute() if fields]


def flat(fields: Mapping[str, object]) -> list[object]:
    """Field, value, field, value, ... as HSET takes them."""
    return [part for pair in fields.items() for part in pair]


def stage_field(stage: Stage) -> str:
    """Name of the field of a stage's result."""
    return f"stage:{stage}"


def _job(fields: dict[bytes, bytes]) -> Job:
    texts = {name.decode(): value.decode() for name, value in fields.items()}
    values = {name: json.loads(text) if name in JSON_FIELDS else text for name, text in texts.items()}
    stages = {stage: json.loads(texts[name]) for stage in Stage if (name := stage_field(stage)) in texts}
    return Job.model_validate({**values, "stages": _stages_of_schema_1(texts) | stages})


def _stages_of_schema_1(texts: dict[str, str]) -> dict[Stage, Any]:
    return {
        stage: {
            "run_s": texts[f"{stage}_s"],
            "queued_s": texts[f"{stage}_queued_s"],
            "files": json.loads(texts[f"{stage}_files"]),
            "report": json.loads(texts[f"{stage}_report"]),
        }
        for stage in Stage
        if f"{stage}_s" in texts
    }
