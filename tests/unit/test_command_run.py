"""What `baton run` tells a newcomer to type next is what their shell will find."""

import shutil
import sys

import pytest

from deploy.command import run


@pytest.mark.parametrize(
    ("found", "argument", "said"),
    [
        ("bin/baton", ".venv/bin/baton", "baton"),
        (None, ".venv/bin/baton", ".venv/bin/baton"),
        (None, "deploy/command/main.py", "baton"),
    ],
)
def test_the_command_is_named_as_it_can_be_called(
    monkeypatch: pytest.MonkeyPatch, found: str | None, argument: str, said: str
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: found)
    monkeypatch.setattr(sys, "argv", [argument])
    assert run._command() == said
