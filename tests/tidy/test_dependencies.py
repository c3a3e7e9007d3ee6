"""Every dependency has a reason, is used, and is installed to the byte as it was tested."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tidy import exceptions, tree

PROJECT = tomllib.loads(tree.read(tree.ROOT / "pyproject.toml"))["project"]
RUN_TIME = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRA = {
    name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()
}
DEVELOPMENT = [one for extra in EXTRA.values() for one in extra]
DECLARED = RUN_TIME + [one for name, extra in EXTRA.items() if name != "dev" for one in extra]
DECLARED_NAMES = {str(canonicalize_name(one.name)) for one in DECLARED}
OURS = {"deploy", "services", "shared", "tests"}


def _locked(file: str) -> dict[str, str]:
    pins = re.findall(r"^([\w.-]+)==(\S+) \\$", tree.read(tree.ROOT / file), flags=re.MULTILINE)
    return {str(canonicalize_name(package)): version for package, version in pins}


def _imported() -> dict[str, str]:
    """Packages that the running code imports, each with one file that does."""
    found: dict[str, str] = {}
    for path in tree.python():
        if tree.name(path).startswith(("bench/", "tests/")):
            continue
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0]: tree.name(path) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found[node.module.partition(".")[0]] = tree.name(path)
    known = packages_distributions()
    outside = {module: path for module, path in found.items() if module not in OURS | sys.stdlib_module_names}
    return {
        package: path
        for module, path in outside.items()
        for package in _packages(known.get(module, [module]))
    }


def _packages(sharing: list[str]) -> set[str]:
    """Of the packages that share a module, such as opentelemetry, those that are declared."""
    names = {str(canonicalize_name(name)) for name in sharing}
    return names & DECLARED_NAMES or names


def test_every_dependency_says_why_it_is_here() -> None:
    lines = tree.read(tree.ROOT / "pyproject.toml").splitlines()
    named = [line for line in lines if re.match(r'^  "[\w.-]+(\[[\w,]+\])?>=', line)]
    assert len(named) == len(RUN_TIME) + len(DEVELOPMENT)
    mute = [line for line in named if not re.search(r'",\s+# \S.{8,}\.$', line)]
    assert mute == [], "a dependency without a reason is one nobody dares to remove"


def test_what_the_code_imports_is_declared() -> None:
    # What comes with a declared package as part of its own interface is not declared twice.
    declared = DECLARED_NAMES | {"click", "pydantic-core", "starlette"}
    undeclared = {package: path for package, path in _imported().items() if package not in declared}
    assert undeclared == {}, "add it to pyproject.toml with its reason, then make lock"


def test_what_is_declared_is_used() -> None:
    unused = DECLARED_NAMES - _imported().keys()
    assert unused == exceptions.NAMED_BUT_NOT_IMPORTED.keys(), "remove it from pyproject.toml, then make lock"


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.lock", RUN_TIME),
        ("requirements-traces.lock", EXTRA["traces"]),
        ("requirements-dev.lock", DEVELOPMENT),
    ],
)
def test_the_lock_files_fit_the_declaration(file: str, wanted: list[Requirement]) -> None:
    locked = _locked(file)
    misfit = [
        str(one) for one in wanted if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))
    ]
    assert misfit == [], "run make lock"


def test_development_runs_on_what_runs() -> None:
    run_time, traced, development = (_locked(f"requirements{kind}.lock") for kind in ("", "-traces", "-dev"))
    assert run_time.items() <= traced.items() <= development.items(), "run make lock"


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-traces.lock", "requirements-dev.lock"])
def test_everything_installed_is_pinned_to_the_byte(file: str) -> None:
    entries = re.split(r"\n(?=[\w.-]+==)", tree.read(tree.ROOT / file))[1:]
    assert entries, "the lock file is empty"
    assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []
