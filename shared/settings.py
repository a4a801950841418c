"""Settings, read once from the environment by entry points; `python -m shared.settings` prints docs/settings.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.hosts import Names, Networks
from shared.logs import LogFormat
from shared.options import NETWORK_TOKENS, PHOTO_LIMIT_MP
from shared.places import Folder, Place
from shared.redis_url import checked_url
from shared.settings_group import SettingsGroup, tables

ANSWERING_THREADS = 16
"""Threads of a web process beside those that listen. Most requests take some milliseconds (bench/README.md); uploads
and downloads over slow connections hold a thread for seconds."""


class CommonSettings(SettingsGroup):
    """All processes."""

    redis_url: Annotated[str, AfterValidator(checked_url)] = Field(
        alias="REDIS_URL",
        description="Redis or Valkey, as `redis://:PASSWORD@HOST:6379/0`: job records and Celery's wake-ups. Where it "
        "may fail, its sentinels, as `sentinel://:PASSWORD@HOST:26379,HOST:26379/0?primary=NAME`: [redis.md](redis.md)",
    )
    data: Place = Field(
        alias="RELIEF_DATA",
        description="Where photos and results are: a folder that the web front and all workers share, or "
        "`s3://BUCKET/PREFIX`, whose credentials, region and endpoint come as boto3 finds them",
    )
    s3_encryption: str = Field(
        "none",
        pattern=r"^(none|AES256|aws:kms(:[A-Za-z0-9:/_-]+)?)$",
        alias="RELIEF_S3_ENCRYPTION",
        description="What is asked of the bucket for each file: `none` (its own default), `AES256`, `aws:kms` or "
        "`aws:kms:KEY_ID`",
    )
    log_format: LogFormat = Field(
        "text", alias="RELIEF_LOG", description="`text`, or `json`: one JSON object a line, with job and request ids"
    )


class WeightsSettings(SettingsGroup):
    """Weights."""

    weights: Folder = Field(
        Path("~/.cache/relief/weights"), alias="RELIEF_WEIGHTS", description="Folder of the depth models' weights"
    )
    weights_mirror: str | None = Field(
        None,
        alias="RELIEF_WEIGHTS_MIRROR",
        description="Base URL to download weights from, in place of their authors' releases",
    )


class DepthSettings(SettingsGroup):
    """Depth estimation."""

    depth_model: str = Field(
        "auto",
        alias="DEPTH_MODEL",
        description="Depth model of jobs that name none; `auto` takes the best free one whose weights are present",
    )
    depth_backend: Literal["auto", "torch", "onnxruntime"] = Field(
        "auto",
        alias="DEPTH_BACKEND",
        description="What runs depth networks: `torch`, `onnxruntime`, or `auto`: torch on a GPU, else the faster",
    )
    network_tokens: int = Field(
        NETWORK_TOKENS,
        ge=1200,
        le=3600,
        alias="RELIEF_NETWORK_TOKENS",
        description="Tokens of a photo in networks that leave their number open, as MoGe-2 does, 1200 to 3600: more "
        "see more finely, and take longer",
    )
    depth_batch: int = Field(
        8,
        ge=1,
        le=64,
        alias="DEPTH_BATCH",
        description="Photos that may share one forward pass, 1 to 64; fewer where they would take over half a second",
    )
    depth_batch_mp: float = Field(
        64,
        gt=0,
        alias="DEPTH_BATCH_MP",
        description="Megapixels that the photos of a batch may have together; one photo of more goes alone",
    )
    depth_batch_wait_ms: float = Field(
        20,
        ge=0,
        le=1000,
        alias="DEPTH_BATCH_WAIT",
        description="How long a batch waits for more photos, in ms, while another is at work",
    )

    @property
    def depth_batch_wait_s(self) -> float:
        """How long a batch waits for more photos, in seconds."""
        return self.depth_batch_wait_ms / 1000


class WorkerSettings(SettingsGroup):
    """Workers."""

    threads: int = Field(0, ge=0, alias="RELIEF_THREADS", description="CPU threads of a worker; 0 means all cores")
    lease_s: float = Field(
        8, gt=0, alias="RELIEF_LEASE", description="Seconds after which the job of a worker that died is taken over"
    )
    stage_limit_s: float = Field(
        300, gt=0, alias="RELIEF_STAGE_LIMIT", description="Seconds that one run of a stage may take"
    )
    attempts: int = Field(3, ge=1, alias="RELIEF_ATTEMPTS", description="Runs of a stage before its job has failed")
    storage_wait_s: float = Field(
        3600,
        ge=0,
        alias="RELIEF_STORAGE_WAIT",
        description="Seconds that a job waits for storage that refuses its files, before it has failed",
    )
    retention_h: float = Field(
        24, gt=0, alias="RELIEF_RETENTION", description="Hours that photo and results are kept after a job's end"
    )
    webhook_private: bool = Field(
        False, alias="RELIEF_WEBHOOK_PRIVATE", description="Call webhooks at private and loopback IP addresses too"
    )


class LimitSettings(SettingsGroup):
    """Limits."""

    upload_mb: int = Field(20, ge=1, alias="RELIEF_UPLOAD_MB", description="Largest upload, in MB")
    upload_mp: int = Field(PHOTO_LIMIT_MP, ge=1, alias="RELIEF_UPLOAD_MP", description="Largest photo, in megapixels")
    rate: str = Field("1200/minute", alias="RELIEF_RATE", description="Requests of one user")
    upload_rate: str = Field("300/minute", alias="RELIEF_UPLOAD_RATE", description="New jobs of one user")
    address_factor: int = Field(
        20,
        ge=1,
        alias="RELIEF_ADDRESS_FACTOR",
        description="Visitors with one IP address together may make this many times the requests and jobs of one",
    )
    owner_waiting: int = Field(100, ge=1, alias="RELIEF_OWNER_WAITING", description="Waiting jobs of one user")
    all_waiting: int = Field(
        2000,
        ge=1,
        alias="RELIEF_ALL_WAITING",
        description="Waiting jobs of all users; visitors with one IP address may have half of what others leave",
    )
    owner_megapixels: float = Field(
        2000, gt=0, alias="RELIEF_OWNER_MP", description="Megapixels of one user's stored photos"
    )
    owner_gb: float = Field(
        20, gt=0, alias="RELIEF_OWNER_GB", description="GB of the storage for one user's photos and results"
    )
    address_share: float = Field(
        0.5,
        gt=0,
        le=1,
        alias="RELIEF_ADDRESS_SHARE",
        description="Part of the storage that jobs from one IP address may take, of what others leave of it",
    )
    storage_gb: float | None = Field(
        None,
        gt=0,
        alias="RELIEF_STORAGE_GB",
        description="GB that all photos and results may take; none: as many as a folder's disk has, in a bucket any",
    )
    free_gb: float = Field(
        2,
        ge=0,
        alias="RELIEF_FREE_GB",
        description="GB of the storage that waiting jobs must leave free; each is counted with the 30 MB or so "
        "that its results are expected to have",
    )


class WebSettings(SettingsGroup):
    """Web front."""

    secret: str | None = Field(
        None,
        alias="RELIEF_SECRET",
        min_length=32,
        description="Signs cookies; 32 characters or more. Required by the web front",
    )
    behind_proxy: bool = Field(
        False,
        alias="RELIEF_BEHIND_PROXY",
        description="Trust `X-Forwarded-For` and `X-Forwarded-Proto` of one proxy, which must pass `Host` on",
    )
    hosts: Names = Field(
        (),
        alias="RELIEF_HOSTS",
        description="Names that the service is reached by, with commas between: `.example.org` for all below, `*` for "
        "any. IP addresses and `localhost` need no entry",
    )
    metrics_from: Networks = Field(
        (),
        alias="RELIEF_METRICS_FROM",
        description="IP networks that may read `/metrics` beside this machine, with commas between; what comes "
        "through a proxy never may",
    )
    listeners: int = Field(
        240,
        ge=0,
        alias="RELIEF_LISTENERS",
        description="Long-polls and event streams at once in each web process; each takes a thread. Visitors with one "
        "IP address may have half of what others leave",
    )
    owner_listeners: int = Field(
        80, ge=0, alias="RELIEF_OWNER_LISTENERS", description="Long-polls and event streams of one user at once"
    )

    @property
    def web_threads(self) -> int:
        """Threads of a web process: one for each that listens, and some for all other requests."""
        return self.listeners + ANSWERING_THREADS


class Settings(CommonSettings, WeightsSettings, DepthSettings, WorkerSettings, LimitSettings, WebSettings):
    """All settings of the web front and the workers."""


def documentation() -> str:
    """docs/settings.md: a table for each group, in Markdown."""
    return tables("Environment variables of the web front and the workers.", Settings.__bases__)


if __name__ == "__main__":
    sys.stdout.write(documentation())
