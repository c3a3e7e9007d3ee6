"""`baton agreement undo` lets go of the instance that it asked, whatever becomes of it."""

from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from deploy.command import agreement_undo
from deploy.command.asking import Instance
from deploy.command.main import app


def test_an_undo_that_is_refused_leaves_no_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"service": "routing", "in_force": "starter@1", "former": None, "coming": []}
    answers = httpx.MockTransport(lambda _: httpx.Response(200, json=[here]))
    client = httpx.Client(transport=answers, base_url="http://here")
    monkeypatch.setattr(agreement_undo, "_reached", lambda *_: Instance([client]))
    refused = CliRunner().invoke(app, ["agreement", "undo", "--data", str(tmp_path)])
    assert refused.exit_code, "nothing was in force before"
    assert client.is_closed
