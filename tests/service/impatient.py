"""Limits of a second where Baton waits for ten: a test of what happens then need not wait for long."""

import pytest

from shared.db import database, postgres


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For databases that are opened after this."""
    monkeypatch.setattr(postgres, "ANSWER_MAX_S", 1.0)
    monkeypatch.setattr(postgres, "PING_MAX_S", 1.0)
    monkeypatch.setattr(postgres._Bounded, "answer_max_s", 1.0)
    monkeypatch.setattr(postgres, "_CONNECT_MAX_S", 2)
    monkeypatch.setattr(database, "THREAD_WAIT_MAX_S", 1.0)
