"""Lua scripts get the facts that Python has, and a name that Python does not have is an error."""

from enum import StrEnum

import pytest

from shared.redis.scripts import Scripts


class Fruit(StrEnum):
    APPLE = "a red apple"
    PEAR = "a pear"


@pytest.fixture
def scripts(store, tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "by_name.lua").write_text("return Fruit.APPLE")
    (folder / "in_order.lua").write_text("return { Fruit[1], Fruit[2], #Fruit }")
    (folder / "doubled.lua").write_text("return double(tonumber(ARGV[2]))")
    library = tmp_path / "library.lua"
    library.write_text("local function double(number) return 2 * number end\n")
    return Scripts(store.redis, folder, enums=[Fruit], libraries=[library])


def test_a_script_knows_an_enum_by_name_and_in_order(scripts):
    assert scripts.call("by_name") == b"a red apple"
    assert scripts.call("in_order") == [b"a red apple", b"a pear", 2]


def test_a_script_that_names_what_the_enum_does_not_have_is_not_loaded(store, tmp_path):
    (tmp_path / "unknown.lua").write_text("return Fruit.PLUM")
    with pytest.raises(KeyError, match="PLUM"):
        Scripts(store.redis, tmp_path, enums=[Fruit])


def test_a_script_calls_its_libraries_and_gets_its_arguments(scripts):
    assert scripts.call("doubled", "first", 21) == 42
