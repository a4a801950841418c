"""Settings, read from the environment once, by entry points only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import SettingsError
from shared.logs import LogFormat

ANSWERING_THREADS = 16


class Settings(BaseModel):
    """All settings of the web front and the workers; the aliases are the names of the environment's variables."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    redis_url: str = Field(alias="REDIS_URL", description="Redis or Valkey: job records and Celery's hints.")
    data: Path = Field(alias="RELIEF_DATA", description="Folder of photos and results, shared by web and workers.")
    weights: Path = Field(
        default=Path("~/.cache/relief/weights"), alias="RELIEF_WEIGHTS", description="Folder of model weights."
    )
    secret: str | None = Field(
        default=None, alias="RELIEF_SECRET", min_length=32, description="Signs cookies; the web front requires it."
    )
    depth_model: str = Field(default="auto", alias="DEPTH_MODEL", description="Model of jobs that do not name one.")
    depth_backend: Literal["auto", "torch", "onnxruntime"] = Field(
        default="auto", alias="DEPTH_BACKEND", description="What runs the networks; auto takes the fastest."
    )
    depth_batch: int = Field(
        default=8, ge=1, le=64, alias="DEPTH_BATCH", description="Photos that may share one forward pass."
    )
    depth_batch_wait_ms: float = Field(
        default=20, ge=0, le=1000, alias="DEPTH_BATCH_WAIT", description="How long a batch waits to get full, in ms."
    )
    threads: int = Field(default=0, ge=0, alias="RELIEF_THREADS", description="CPU threads of a worker; 0: all cores.")
    upload_mb: int = Field(default=20, ge=1, alias="RELIEF_UPLOAD_MB", description="Largest upload in MB.")
    upload_mp: int = Field(default=50, ge=1, alias="RELIEF_UPLOAD_MP", description="Largest photo in megapixels.")
    lease_s: float = Field(
        default=8,
        gt=0,
        alias="RELIEF_LEASE",
        description="A claim that is not renewed for so many seconds is taken over.",
    )
    stage_limit_s: float = Field(
        default=300, gt=0, alias="RELIEF_STAGE_LIMIT", description="Hard limit of one run of a stage, in seconds."
    )
    attempts: int = Field(
        default=3, ge=1, alias="RELIEF_ATTEMPTS", description="Runs of a stage before its job is given up."
    )

    retention_h: float = Field(
        default=24, gt=0, alias="RELIEF_RETENTION", description="Hours that results are kept after a job's end."
    )
    rate: str = Field(default="1200/minute", alias="RELIEF_RATE", description="Requests that one user may make.")
    upload_rate: str = Field(
        default="300/minute", alias="RELIEF_UPLOAD_RATE", description="Jobs that one user may send."
    )
    owner_waiting: int = Field(
        default=100, ge=1, alias="RELIEF_OWNER_WAITING", description="Jobs of one user that may wait."
    )
    address_factor: int = Field(
        default=20,
        ge=1,
        alias="RELIEF_ADDRESS_FACTOR",
        description="All visitors of one address together may ask and upload so many times as often as one may.",
    )
    owner_megapixels: float = Field(
        default=2000, gt=0, alias="RELIEF_OWNER_MP", description="Megapixels of one user's photos that are stored."
    )
    all_waiting: int = Field(
        default=2000, ge=1, alias="RELIEF_ALL_WAITING", description="Jobs of all users that may wait."
    )
    free_gb: float = Field(
        default=2, ge=0, alias="RELIEF_FREE_GB", description="GB of the storage that waiting jobs must leave free."
    )
    webhook_private: bool = Field(
        default=False,
        alias="RELIEF_WEBHOOK_PRIVATE",
        description="Call private and loopback addresses too.",
    )
    listeners: int = Field(
        default=240,
        ge=0,
        alias="RELIEF_LISTENERS",
        description="Long-polls and event streams at once, per web process.",
    )
    owner_listeners: int = Field(
        default=200,
        ge=0,
        alias="RELIEF_OWNER_LISTENERS",
        description="Long-polls and event streams of one user at once.",
    )
    receive_s: float = Field(
        default=120,
        gt=0,
        alias="RELIEF_RECEIVE",
        description="Seconds that a request may take to arrive: time for 20 MB at 1.4 Mbit/s.",
    )
    behind_proxy: bool = Field(
        default=False, alias="RELIEF_BEHIND_PROXY", description="Trust the X-Forwarded headers of one proxy in front."
    )

    log_format: LogFormat = Field(default="text", alias="RELIEF_LOG", description="Logs as text, or json.")

    @property
    def web_threads(self) -> int:
        """Threads of a web process: one for each listener, and some that always answer."""
        return self.listeners + ANSWERING_THREADS

    @property
    def depth_batch_wait_s(self) -> float:
        """How long a batch waits to get full, in seconds."""
        return self.depth_batch_wait_ms / 1000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings.

        Raises:
            SettingsError: a required one is missing or one has a wrong value; the message names each.
        """
        try:
            settings = cls.model_validate(dict(environ))
        except ValidationError as error:
            wrong = "; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
            raise SettingsError(f"wrong settings in the environment: {wrong}") from error
        return settings.model_copy(
            update={"data": settings.data.expanduser().resolve(), "weights": settings.weights.expanduser().resolve()}
        )
