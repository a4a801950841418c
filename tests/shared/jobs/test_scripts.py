"""What the Lua scripts name, Python has."""

import re

from shared.jobs.keys import Key
from shared.jobs.record import Stage, State
from shared.jobs.scripts import LUA

NAME = re.compile(r"\b(Key|Stage|State)\.(\w+)")
ENUMS = {"Key": Key, "Stage": Stage, "State": State}


def test_scripts_name_no_key_state_or_stage_that_there_is_not():
    named = {found.groups() for path in LUA.rglob("*.lua") for found in NAME.finditer(path.read_text())}
    assert len(named) > 20
    assert [name for enum, name in named if name not in ENUMS[enum].__members__] == []
