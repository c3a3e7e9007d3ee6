"""What the documents say is true: links lead somewhere; commands, settings, files and functions are there."""

import ast
import json
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from pydantic_settings import BaseSettings
from typer.core import TyperGroup

from deploy.command.main import app
from deploy.generate import SETTINGS
from tests.tidy import tree

PAGES: Final = [path for path in tree.texts() if path.suffix == ".md"]
SAID: Final = [path for path in tree.texts() if not tree.name(path).startswith("tests/")]
EVERY_PAGE: Final = pytest.mark.parametrize("page", PAGES, ids=tree.name)
DECISIONS: Final = sorted((tree.ROOT / "docs" / "decisions").glob("*.md"))
COMMANDS: Final[Any] = typer.main.get_command(app)

LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING: Final = re.compile(r"^#+ +(.*)$", re.MULTILINE)
TOP: Final = "|".join(["deploy", "services", "shared", "tests", "docs", "agreements"])
PLACE: Final = re.compile(rf"`((?:{TOP})/[\w./*-]*)(?::([A-Za-z_]\w*(?:\.\w+)?))?`")
IN_QUOTES: Final = re.compile(r"`(?:\.venv/bin/)?baton( [^`]+)`")
IN_BLOCKS: Final = re.compile(r"^ *(?:\$ )?\.venv/bin/baton( .+)$", re.MULTILINE)
CALL: Final = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/v1/[\w{}/-]+)")
VARIABLE: Final = re.compile(r"\bBATON_[A-Z_]+\b")


def _prose(page: Path) -> str:
    """A page without its blocks of code, in which brackets are no links."""
    return re.sub(r"^```.*?^```", "", tree.read(page), flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(_prose(page)))
    return {heading.strip().replace(" ", "-") for heading in kept}


# ---- links


@EVERY_PAGE
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            dead.append(link)
    assert dead == []


def test_the_first_pages_lead_to_the_others() -> None:
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        assert len(LINK.findall(_prose(tree.ROOT / name))) >= 3, f"{name} leads nowhere"


# ---- files and functions


@EVERY_PAGE
def test_every_file_and_function_that_a_page_names_is_there(page: Path) -> None:
    gone = [
        f"{path}:{name}" if name else path
        for path, name in PLACE.findall(tree.read(page))
        if not _is_there(path, name)
    ]
    assert gone == []


def test_the_architecture_names_the_code() -> None:
    places = PLACE.findall(tree.read(tree.ROOT / "ARCHITECTURE.md"))
    assert len([name for _, name in places if name]) >= 20, "a journey through the code names its functions"


def _is_there(path: str, name: str) -> bool:
    found = [file for file in tree.ROOT.glob(path.rstrip("/")) if not path.endswith("/") or file.is_dir()]
    return bool(found) and (not name or all(name in _defined(file) for file in found))


def _defined(file: Path) -> set[str]:
    """What a module defines: functions, classes, their methods, and names at its top."""
    names: set[str] = set()
    for node in tree.parsed(file).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            inside = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            names |= {f"{node.name}.{one.name}" for one in inside}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


# ---- the command


def test_every_baton_command_that_is_named_exists() -> None:
    wrong = [
        f"{tree.name(page)}: baton{said}: {problem}"
        for page in SAID
        for said in [*IN_QUOTES.findall(tree.read(page)), *IN_BLOCKS.findall(tree.read(page))]
        if (problem := _problem(said.split()))
    ]
    assert wrong == []


def test_a_command_that_does_not_exist_would_be_found() -> None:
    assert _problem(["keys", "add", "--role", "rep"]) == ""
    assert _problem(["keys", "forge"]) == "no command 'forge'"
    assert _problem(["lead", "ana@x.example", "--colour"]) == "no option '--colour'"


def _problem(words: list[str]) -> str:
    """What is wrong with the words after `baton`, if anything."""
    command: Any = COMMANDS
    while isinstance(command, TyperGroup) and words and re.fullmatch(r"[a-z]+", words[0]):
        inner = command.commands.get(words[0])
        if inner is None:
            return f"no command {words[0]!r}"
        command, words = inner, words[1:]
    options = {option for param in command.params for option in param.opts} | {"--help", "-h"}
    named = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return next((f"no option {option!r}" for option in named if option not in options), "")


# ---- the API


@EVERY_PAGE
def test_every_path_of_the_api_that_a_page_names_is_served(page: Path) -> None:
    served = _served()
    named = {(method, _plain(path)) for method, path in CALL.findall(tree.read(page))}
    assert sorted(named - served) == []


def _served() -> set[tuple[str, str]]:
    """Method and path of every endpoint, from the OpenAPI pages."""
    served: set[tuple[str, str]] = set()
    for page in (tree.ROOT / "docs" / "openapi").glob("*.json"):
        paths: dict[str, dict[str, Any]] = json.loads(tree.read(page))["paths"]
        served |= {(method.upper(), _plain(path)) for path, methods in paths.items() for method in methods}
    return served


def _plain(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


# ---- settings


def _settings() -> set[str]:
    """Every variable that a process reads, by the classes that read it."""
    known: set[str] = set()
    for name in SETTINGS:
        if find_spec(name) is not None:
            settings: type[BaseSettings] = import_module(name).Settings
            prefix = settings.model_config.get("env_prefix", "")
            known |= {f"{prefix}{field}".upper() for field in settings.model_fields}
    return known


def _elsewhere() -> set[str]:
    """What the command and the tests read beside the settings."""
    options = [
        param.envvar for one in _leaves(COMMANDS) for param in one.params if isinstance(param.envvar, str)
    ]
    tests = {
        name
        for path in tree.python()
        if tree.name(path).startswith("tests/")
        for name in re.findall(r'"(BATON_TEST_[A-Z_]+)"', tree.read(path))
    }
    return {*options, *tests}


def _leaves(command: Any) -> list[Any]:
    """Commands below a command: typer brings a click of its own, whose types it does not name."""
    if not isinstance(command, TyperGroup):
        return [command]
    return [leaf for inner in command.commands.values() for leaf in _leaves(inner)]


def test_the_example_of_an_environment_names_every_setting_and_no_other() -> None:
    written = re.findall(
        r"^(?:# )?((?:BATON|OTEL)_[A-Z_]+)=", tree.read(tree.ROOT / ".env.example"), flags=re.MULTILINE
    )
    assert sorted(written) == sorted(_settings())


def test_every_variable_that_is_named_is_read_by_something() -> None:
    known = _settings() | _elsewhere()
    named = {(tree.name(path), name) for path in SAID for name in VARIABLE.findall(tree.read(path))}
    unknown = [f"{path}: {name}" for path, name in sorted(named) if not _is_read(name, known)]
    assert unknown == []


def _is_read(name: str, known: set[str]) -> bool:
    # BATON_SCORING_… stands for all that begin like it.
    return name in known or (name.endswith("_") and any(one.startswith(name) for one in known))


# ---- decisions


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("decision", DECISIONS, ids=tree.name)
def test_a_decision_says_what_was_decided_why_and_what_follows(decision: Path) -> None:
    text = tree.read(decision)
    number = int(decision.name.partition("-")[0])
    assert text.startswith(f"# {number}. ")
    assert [part for part in ("**Context.**", "**Decision.**", "**Consequences.**") if part not in text] == []
