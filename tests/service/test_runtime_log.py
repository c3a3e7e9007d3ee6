"""The log: work goes on whether anybody reads it or not."""

import io
import json
import subprocess
import sys

import pytest
import structlog

from shared.runtime.log import configure_logs, logger


def test_a_line_that_nobody_can_read_any_more_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, stream = structlog.get_config(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logs()
    try:
        logger("toy").warning("first")
        assert '"event": "first"' in stream.getvalue()
        stream.close()
        logger("toy").warning("second")
    finally:
        structlog.configure(**kept)


SPEAKING = """
import logging
from shared.runtime.log import configure_logs
configure_logs()
logging.getLogger("baton.bus").warning("two\\nlines of %s", "text", extra={"service": "toy", "secret": 1})
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("asyncio").exception("a task failed")
"""


def test_what_libraries_log_is_one_line_too_with_time_and_level() -> None:
    said = subprocess.run([sys.executable, "-c", SPEAKING], capture_output=True, text=True, check=True).stderr
    bus, task = map(json.loads, said.splitlines())
    assert bus.pop("timestamp") < task.pop("timestamp")
    assert bus == {"event": "two\nlines of text", "level": "warning", "logger": "baton.bus", "service": "toy"}
    assert "ZeroDivisionError" in task.pop("exception")
    assert task == {"event": "a task failed", "level": "error", "logger": "asyncio"}
