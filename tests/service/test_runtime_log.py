"""The log: work goes on whether anybody reads it or not."""

import io
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
