"""Whoever knows one service knows them all: the same rooms, the same names, and a page for each."""

from pathlib import Path

import pytest

from tests.tidy import exceptions, tree

SERVICES = ["ingest", "scoring", "routing", "recycle"]
ALWAYS = [
    "README.md",
    "app",
    "api",
    "handlers",
    "store",
    "tables",
    "settings",
    "metrics",
    "domain",
    "migrations",
]
SOMETIMES = ["gateway"]
README_LINES_MAX = 60


def _rooms(service: str) -> set[str]:
    folder = tree.ROOT / "services" / service
    ours = [path for path in folder.iterdir() if path.name not in {"__init__.py", "py.typed"} | tree.NOT_OURS]
    return {path.stem if path.suffix == ".py" else path.name for path in ours}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str) -> None:
    missing = {f"{service}/{room}" for room in ALWAYS} - {f"{service}/{room}" for room in _rooms(service)}
    excused = {room for room in exceptions.SHORT_OF_ROOMS if room.startswith(f"{service}/")}
    assert missing == excused
    assert _rooms(service) - {*ALWAYS, *SOMETIMES} == set(), "a room with another name"


def test_there_is_no_service_that_nobody_checks() -> None:
    folders = [path.name for path in (tree.ROOT / "services").iterdir() if path.is_dir()]
    assert sorted(set(folders) - tree.NOT_OURS) == sorted(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_explains_itself_on_one_screen(service: str) -> None:
    page = (tree.ROOT / "services" / service / "README.md").read_text(encoding="utf-8")
    assert 5 <= len(page.splitlines()) <= README_LINES_MAX
    for word in ("hears", "says", "keeps"):
        assert word in page.lower(), f"what the service {word} is not explained"


def test_routes_are_joined_and_not_included() -> None:
    builds_again = [tree.name(path) for path in tree.python() if ".include_router(" in tree.read(path)]
    assert builds_again == [tree.name(Path(__file__))], "use join of shared/runtime/http.py"
