"""Where the job service keeps what in Redis; the Lua scripts get these names too."""

from __future__ import annotations

from enum import StrEnum


class Key(StrEnum):
    """Keys; one that ends in a colon is followed by the id, stage or owner that the comment names."""

    JOB = "relief:job:"  # id -> hash: the record
    JOBS = "relief:jobs"  # zset: every job's id -> when it was created, ms
    OWNED = "relief:owned:"  # owner -> zset: ids of all of their jobs -> a number that rises from job to job
    REMOVALS = "relief:to-delete"  # zset: id, or id/folder, whose files are to be deleted -> when to try (again), ms
    EXPIRES = "relief:expires"  # zset: id -> when its results go, ms
    SHARES = "relief:shares"  # hash: token -> id of the job that whoever has the token may read
    PIXELS = "relief:pixels"  # hash: owner -> pixels of all of their photos that are stored
    IDEMPOTENCY = "relief:idempotency:"  # owner:key -> hash: the request's body (hashed) and the job that it made
    BYTES = "relief:bytes"  # hash: owner:NAME, group:NAME or all -> bytes of all of their jobs on storage, as expected
    BYTES_ANEW = "relief:bytes-anew"  # hash: the same, of the jobs that were counted anew so far
    RECOUNTED_TO = "relief:recounted-to"  # when the last of these was created, ms
    RESERVED = "relief:reserved"  # hash: id -> JSON: owner, group, bytes that are about to be written
    RESERVED_UNTIL = "relief:reserved-until"  # zset: id -> when its reservation ends by itself, ms
    QUEUE = "relief:line:"  # stage:owner -> zset: ids of the owner's waiting jobs -> position; the lowest is next
    OWNERS = "relief:owner-turns:"  # stage:group -> zset: its owners who have jobs waiting -> turn; the lowest is next
    GROUPS = "relief:group-turns:"  # stage -> zset: client groups of these owners -> turn; the lowest is next
    GROUP_OF = "relief:group-of:"  # stage -> hash: owner who has jobs waiting -> the group that they wait in
    OWNER_JOBS = "relief:owner-jobs:"  # stage:group -> zset: its owners -> how many of their jobs wait
    GROUP_JOBS = "relief:group-jobs:"  # stage -> zset: group -> how many jobs of it wait
    ALL_JOBS = "relief:all-jobs"  # zset: stage -> how many jobs wait for it
    COUNTED_IN = "relief:counted-in:"  # stage -> hash: owner -> the group that their jobs are counted in
    OLDEST = "relief:oldest:"  # stage -> zset: owner -> since when their first job waits, ms
    COUNTS_CHECKER = "relief:counts-checker"  # name of the worker that checks these counts
    WAITING = "relief:waiting:"  # stage -> hash: group -> how many jobs of it wait, as the release before reads it
    OLD_TURNS = "relief:ring:"  # stage -> zset: owners -> turn, as the release before wrote it
    LAST_POSITION = "relief:place"
    LAST_TURN = "relief:turn"
    LEASES = "relief:running"  # zset: id of a running job -> when its lease runs out, ms
    REFUSED_WEBHOOKS = "relief:refused-webhooks"  # how many since a sweeper has told it
    PUT_OFF = "relief:put-off"  # zset: id of a queued job that waits for storage -> when it is in its queue again, ms
    GIVEN_UP = "relief:dead"  # zset: id of a job given up after too many attempts -> when, ms
    COUNTERS = "relief:counters"  # hash: name -> sum since the records began
    COSTS = "relief:own-seconds:"  # stage -> list: seconds of a worker's time that its latest jobs took
    OLD_COSTS = "relief:costs:"  # stage -> list: the same, as the release before wrote it
    WORKERS = "relief:workers:"  # stage -> zset: names of its workers -> when each was last heard of, s
    GPU_MEMORY = "relief:gpu-memory"  # hash: worker -> JSON: bytes, and when it said so, s
    DEPTH_MODELS = "relief:models"  # JSON: the depth models that the workers have
    BEGAN = "relief:began"  # when these records began, s
    SWEEPER = "relief:sweeper"  # name of the worker that sweeps
    CHANGED = "relief:changed"  # channel: ids of jobs that changed
