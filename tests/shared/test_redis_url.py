"""The two forms of REDIS_URL."""

import pytest

from shared.jobs.wakeups import celery_app
from shared.redis_url import RedisAddress

SENTINELS = "sentinel://:p%40ss@one:26379,two,[2001:db8::3]:7000/2?primary=relief&sentinel_password=s"


def test_a_plain_url_is_passed_on_as_it_is_but_for_the_parameter_of_ours():
    address = RedisAddress.of("redis://:secret@host:6379/0?replicas=2&protocol=3")
    assert (address.url, address.replicas) == ("redis://:secret@host:6379/0?protocol=3", 2)
    assert RedisAddress.of("redis://host").replicas == 0


def test_a_sentinel_url_names_the_sentinels_the_primary_and_both_passwords():
    address = RedisAddress.of(SENTINELS)
    assert address.sentinels == (("one", 26379), ("two", 26379), ("2001:db8::3", 7000))
    assert (address.primary, address.password, address.sentinel_password) == ("relief", "p@ss", "s")
    assert (address.database, address.replicas) == (2, 1)
    assert RedisAddress.of(f"{SENTINELS}&replicas=2").replicas == 2


def test_celery_gets_an_address_for_each_sentinel_and_shows_no_password():
    app = celery_app(SENTINELS)
    with app.connection() as connection:
        shown, first = connection.as_uri(), connection.info()
    assert (first["hostname"], first["password"], first["virtual_host"]) == ("one", "p@ss", "2")
    assert connection.alt == [
        f"sentinel://:p%40ss@{host}/2" for host in ("one:26379", "two:26379", "[2001:db8::3]:7000")
    ]
    assert "p@ss" not in shown and "p%40ss" not in shown
    assert app.conf.broker_transport_options["master_name"] == "relief"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://:secret@host", "begins with"),
        ("sentinel://:secret@host", "names the primary"),
        ("sentinel://:secret@host:x?primary=relief", "HOST:PORT"),
        ("sentinel://:secret@/0?primary=relief", "HOST:PORT"),
        ("sentinel://:secret@host/zero?primary=relief", "database"),
        ("sentinel://:secret@host?primary=relief&secret=1", "known"),
        ("redis://:secret@host?replicas=-1", "replicas"),
    ],
)
def test_what_is_no_address_is_refused_without_a_word_of_the_password(url, words):
    with pytest.raises(ValueError, match=words) as refused:
        RedisAddress.of(url)
    assert ":secret" not in str(refused.value)
