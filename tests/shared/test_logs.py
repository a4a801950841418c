"""Log lines carry the job and the request they are about."""

import json
import logging

import pytest

from shared.logs import configure_logging, log_context


@pytest.fixture(autouse=True)
def root_logger():
    """Give the root logger back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_a_json_line_has_job_and_request(capsys):
    configure_logging("json")
    log = logging.getLogger("relief.test")
    with log_context(job_id="j1", request_id="r1"):
        log.info("depth done")
    log.info("after")
    inside, after = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (inside["message"], inside["job_id"], inside["request_id"]) == ("depth done", "j1", "r1")
    assert (after["job_id"], after["request_id"]) == ("-", "-")


def test_a_text_line_has_them_too(capsys):
    configure_logging("text")
    with log_context(job_id="j1"):
        logging.getLogger("relief.test").warning("late")
    line = capsys.readouterr().err
    assert " WARNING " in line and " j1 - late" in line
