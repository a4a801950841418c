"""Log lines carry the job and the request they are about."""

import logging
import sys
import threading
import warnings
from datetime import datetime, timedelta

import pytest

from shared.logs import configure_logging, log_context, request_id_from
from tests.support.logs import json_lines, logging_as_it_was


@pytest.fixture(autouse=True)
def logging_of_the_tests():
    with logging_as_it_was():
        yield


def test_a_json_line_has_job_and_request(capsys):
    configure_logging("json")
    log = logging.getLogger("relief.test")
    with log_context(job_id="j1", request_id="r1"):
        log.info("depth done")
    log.info("after")
    inside, after = json_lines(capsys.readouterr().err)
    assert (inside["message"], inside["job_id"], inside["request_id"]) == ("depth done", "j1", "r1")
    assert (after["job_id"], after["request_id"]) == ("-", "-")
    assert datetime.fromisoformat(after["timestamp"]).utcoffset() == timedelta()


def test_a_text_line_has_them_too(capsys):
    configure_logging("text")
    with log_context(job_id="j1"):
        logging.getLogger("relief.test").warning("late")
    line = capsys.readouterr().err
    assert " WARNING " in line and " j1 - late" in line


def test_an_error_with_its_traceback_is_one_line_of_json_whoever_caught_it(capsys):
    configure_logging("json")
    try:
        raise ValueError("caught\nhere")
    except ValueError as error:
        logging.getLogger("celery.worker").exception("told")
        sys.excepthook(ValueError, error, error.__traceback__)
    for target in (lambda: 1 / 0, sys.exit):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", UserWarning, stacklevel=1)
    told, uncaught, of_thread, warning = json_lines(capsys.readouterr().err)
    assert told["name"] == "celery.worker" and "caught\nhere" in told["exc_info"]
    assert uncaught["levelname"] == "CRITICAL" and "Traceback" in uncaught["exc_info"]
    assert "ZeroDivisionError" in of_thread["exc_info"]
    assert "old" in warning["message"]


@pytest.mark.parametrize("given", ["0123abcd", "a" * 64, "6f1e-4c.B_9-trace"])
def test_a_short_and_plain_id_of_a_client_is_kept(given):
    assert request_id_from(given) == given


@pytest.mark.parametrize("given", [None, "", "short", "a" * 65, "0123abcd\n", "0123 abcd", "{0123abcd}", "ä1234567"])
def test_any_other_id_is_replaced(given):
    first, second = request_id_from(given), request_id_from(given)
    assert len(first) == 32 and first.isalnum() and first != second != given
