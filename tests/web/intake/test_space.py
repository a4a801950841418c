"""Room on the storage: what is refused where there is none, and that many at once do not take the same."""

import errno
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from shared.jobs.record import Stage
from shared.settings import Settings
from shared.storage.folder import FolderStorage
from tests.support.fronts import client_of, serving
from tests.support.requests import API, assert_problem, finish_stage, stored_files, upload
from web.keys import Keys

ROOM_FOR_FOUR = 4 * 31_000_000  # each with 30 MB of results to come, a photo, and its record


class SmallStorage(FolderStorage):
    """A folder that takes so many bytes."""

    def __init__(self, root: Path, size_bytes: int) -> None:
        super().__init__(root)
        self._size_bytes = size_bytes

    def free_bytes(self) -> float:
        """What is left of them."""
        return self._size_bytes - sum(path.stat().st_size for path in self._jobs.rglob("*") if path.is_file())


class FullStorage(FolderStorage):
    """A folder that says it has space, and takes nothing."""

    def write_all(self, job_id: str, folder: str, files: Mapping[str, bytes]) -> dict[str, int]:
        """Refuse files."""
        raise OSError(errno.ENOSPC, "No space left on device")


@contextmanager
def visitors(settings: Settings, storage: FolderStorage, *addresses: str) -> Iterator[list[httpx.Client]]:
    """Visitors of a front with that storage, each from an address."""
    more = settings.model_copy(update={"free_gb": 0, "behind_proxy": True})
    with serving(more, storage=storage) as url, ExitStack() as held:
        clients = [
            httpx.Client(base_url=url, timeout=20, headers={"X-Forwarded-For": address}) for address in addresses
        ]
        yield [held.enter_context(client) for client in clients]


def test_of_ten_uploads_at_once_only_those_are_taken_that_have_room(settings, store, portrait):
    addresses = [f"192.0.2.{number}" for number in range(10)]
    with (
        visitors(settings, SmallStorage(settings.data, ROOM_FOR_FOUR), *addresses) as ten,
        ThreadPoolExecutor(10) as pool,
    ):
        answers = list(pool.map(upload, ten, [portrait] * 10))
    taken = [answer for answer in answers if answer.status_code == 202]
    assert 1 <= len(taken) <= 4
    assert {(answer.status_code, answer.headers.get("Retry-After")) for answer in answers} == {(202, "1"), (503, "30")}
    assert stored_files(settings) == ["photo.jpg"] * len(taken)
    assert store.redis.keys("relief:reserved*") == []


def test_an_address_takes_half_of_what_others_leave_whatever_its_cookies(settings, store, portrait):
    storage = SmallStorage(settings.data, 2 * ROOM_FOR_FOUR)
    with visitors(settings, storage, *["192.0.2.1"] * 2, *["192.0.2.2"] * 2, "192.0.2.3") as (
        one,
        two,
        three,
        four,
        five,
    ):
        answers = [upload(visitor, portrait) for visitor in (one, two, one, two, one)]
        assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429]
        assert_problem(answers[-1], 429, "from your address")
        one.delete(answers[0].json()["links"]["self"])
        assert upload(two, portrait).status_code == 202
        assert [upload(visitor, portrait).status_code for visitor in (three, four, three)] == [202, 202, 429]
        assert upload(five, portrait).status_code == 202
        key = {"Authorization": f"Bearer {Keys(store.redis).create('lab')}"}
        assert one.post(f"{API}/jobs", files={"photo": portrait}, headers=key).status_code == 202
        assert_problem(upload(five, portrait), 503, "no room")


def test_all_files_together_have_the_quota_that_is_set(settings, store, portrait):
    with client_of(settings.model_copy(update={"storage_gb": 0.05, "free_gb": 0})) as client:
        job = upload(client, portrait).json()
        assert_problem(upload(client, portrait), 503, "no room")
        client.delete(job["links"]["self"])
        assert upload(client, portrait).status_code == 202


def test_one_user_has_a_bound_of_stored_bytes(settings, store, storage, portrait):
    with client_of(settings.model_copy(update={"owner_gb": 0.033})) as client:
        job = upload(client, portrait, steps="depth").json()
        refused = upload(client, portrait)
        assert "delete some" in assert_problem(refused, 429, "of the 0.033 GB")["detail"]
        finish_stage(store, storage, Stage.DEPTH, "depth.png")  # from now on it counts with what it has
        second = upload(client, portrait)
        assert second.status_code == 202
        for _ in range(2):  # another run needs room too
            assert_problem(client.post(f"{job['links']['self']}/model"), 429, "of the 0.033 GB")
        client.delete(second.json()["links"]["self"])
        assert client.post(f"{job['links']['self']}/model").status_code == 202


def test_what_could_not_be_stored_is_not_counted(settings, store, portrait):
    with visitors(settings, FullStorage(settings.data), "192.0.2.1") as [visitor]:
        assert_problem(upload(visitor, portrait), 503, "storage does not take the files")
    assert store.redis.keys("relief:reserved*") == store.redis.keys("relief:bytes") == []
