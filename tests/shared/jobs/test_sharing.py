"""Jobs on a real Valkey that are shared by a token, and kept for longer."""

import pytest

from shared.errors import JobNotFoundError
from tests.support.jobs import claim, finish, new_job


def test_a_job_is_shared_by_one_token_until_it_is_revoked(store):
    job = new_job(store)
    token = store.jobs.share(job.id)
    assert token.startswith("share-") and len(token) == len("share-") + 32  # of 24 random bytes
    assert store.jobs.share(job.id) == token
    shared = store.jobs.shared(token)
    assert (shared.id, shared.share, shared.version > job.version) == (job.id, token, True)
    store.jobs.unshare(job.id)
    assert store.jobs.get(job.id).share is None
    with pytest.raises(JobNotFoundError, match=token):
        store.jobs.shared(token)
    assert store.jobs.share(job.id) != token


def test_two_jobs_are_shared_by_tokens_of_their_own(store):
    first, second = new_job(store), new_job(store)
    tokens = [store.jobs.share(job.id) for job in (first, second)]
    store.jobs.unshare(first.id)
    assert store.jobs.shared(tokens[1]).id == second.id


def test_what_is_not_there_is_not_shared_and_not_kept(store):
    for ask in (store.jobs.share, store.jobs.extend):
        with pytest.raises(JobNotFoundError, match="feed"):
            ask("feed" * 8)
    store.jobs.unshare("feed" * 8)
    assert store.jobs.missing(["feed" * 8]) == ["feed" * 8]
    assert store.jobs.missing([new_job(store).id]) == []


def test_results_are_kept_for_the_whole_time_from_the_moment_they_are_asked_to_be(store):
    job = new_job(store, keep_s=3600.0)
    for stage in job.steps:
        finish(store, stage)
    store.redis.zadd("relief:expires", {job.id: 1})  # long ago
    store.redis.hset(f"relief:job:{job.id}", "expires_ms", 1)
    kept = store.jobs.extend(job.id)
    now_s, _ = store.redis.time()
    assert kept.expires_ms / 1000 - now_s == pytest.approx(3600, abs=5)
    assert store.upkeep.expire() == []


def test_a_job_that_runs_is_not_forgotten_however_late_it_is(store):
    job = new_job(store, keep_s=0.0)
    claim(store)
    assert store.upkeep.expire() == []
    assert store.jobs.missing([job.id]) == []
