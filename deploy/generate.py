"""Writes every generated document; with `--check`, says which have drifted and how to mend them.

Published schemas, docs/events.md, docs/asyncapi.json, docs/glossary.md, docs/agreement.schema.json,
docs/conditions.md, .env.example and docs/openapi/ come from the code, so they cannot contradict it. Examples
beside the schemas are written by hand, and are never changed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from fastapi import FastAPI
from pydantic import SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python
from pydantic_settings import BaseSettings

from deploy import asyncapi, operator, pages
from deploy.page_of_conditions import conditions
from deploy.processes import SERVICES
from shared.agreement.schema import schema
from shared.contracts import ALL
from shared.contracts.schema import schema_of
from shared.runtime.base_app import create_base_app
from shared.runtime.health import Health
from shared.runtime.http import Gate, join
from shared.runtime.keys import KeyRing
from shared.runtime.shelf import Shelf

ROOT: Final = Path(__file__).parents[1]
SETTINGS: Final = (
    "deploy.settings",
    "shared.runtime.settings",
    "deploy.tracing",
    *(f"services.{service}.settings" for service in SERVICES),
)
PUBLISHED: Final = "shared/contracts/published"
_NO_KEYS: Final = ROOT / "no-keys-are-needed-to-describe.json"


@dataclass(frozen=True, slots=True)
class Document:
    """One generated file: its path from the root of the project, its text, and what writes it again."""

    path: str
    text: str
    mend: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A file that is not what the code says."""

    path: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}; run `{self.mend}`"


def documents() -> Iterator[Document]:
    """Everything that is generated, as it should be now."""
    for contract in ALL:
        path = f"{PUBLISHED}/{contract.name()}/schema.json"
        yield Document(path, _json(schema_of(contract)), "make contracts")
    yield Document("docs/events.md", pages.events(), "make contracts")
    yield Document("docs/asyncapi.json", _json(asyncapi.document()), "make contracts")
    yield Document("docs/glossary.md", pages.glossary(), "make docs-generated")
    yield Document("docs/agreement.schema.json", _json(schema()), "make docs-generated")
    yield Document("docs/conditions.md", conditions(), "make docs-generated")
    yield Document(".env.example", env_example(), "make env")
    for service in SERVICES:
        described = openapi(service)
        if described is not None:
            yield Document(f"docs/openapi/{service}.json", _json(described), "make docs-generated")
    yield Document("docs/openapi/operator.json", _json(operator_openapi()), "make docs-generated")


def drifts(wanted: list[Document], root: Path = ROOT) -> Iterator[Drift]:
    """The files that are missing, that say something else, or that nothing writes any more."""
    for document in wanted:
        path = root / document.path
        if not path.exists():
            yield Drift(document.path, "is missing", document.mend)
        elif path.read_text(encoding="utf-8") != document.text:
            yield Drift(document.path, "is not what the code says", document.mend)
    for path in _left_over(wanted, root):
        name = path.relative_to(root).as_posix()
        yield Drift(name, "describes what is not there any more", f"rm {name}")


def write(document: Document, root: Path = ROOT) -> bool:
    """Write a document if it has drifted; whether it had. What nothing writes any more stays."""
    path = root / document.path
    if path.exists() and path.read_text(encoding="utf-8") == document.text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document.text, encoding="utf-8")
    return True


def _left_over(wanted: list[Document], root: Path) -> Iterator[Path]:
    current = {root / document.path for document in wanted}
    for pattern in (f"{PUBLISHED}/*/schema.json", "docs/openapi/*.json"):
        yield from (path for path in sorted(root.glob(pattern)) if path not in current)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def module_of(name: str) -> ModuleType | None:
    """A module, or None where there is no such file. One that cannot be imported is an error."""
    try:
        found = find_spec(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not name.startswith(missing.name):
            raise
        return None  # Its package is not there either.
    return None if found is None else import_module(name)


# ---- .env.example


def env_example() -> str:
    """Every setting with its default, commented out; what must be set is not."""
    head = [
        "# Every setting of Baton. Set what you need in the environment; a line in comment is the default.",
        "# Written from the code by `make env`.",
    ]
    known = [module for name in SETTINGS if (module := module_of(name)) is not None]
    return (
        "\n".join([*head, *(line for module in known for line in settings_in_lines(module.Settings))]) + "\n"
    )


def settings_in_lines(settings: type[BaseSettings]) -> Iterator[str]:
    """The settings of one kind, each with its reason and default."""
    rule = "# " + "-" * 78
    subject = settings.__module__.removesuffix(".settings").rpartition(".")[2]
    title = {"deploy": "every process", "runtime": "every service"}.get(subject, subject)
    yield from ("", rule, f"# {title}: {settings.model_config.get('env_prefix', '')}...", rule)
    for name, field in settings.model_fields.items():
        if not field.description:
            raise ValueError(f"{settings.__module__}: say what {name} is for, in Field(description=...)")
        yield from ("", f"# {field.description}", _variable(settings, name, field))


def _variable(settings: type[BaseSettings], name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    variable = alias if isinstance(alias, str) else f"{settings.model_config.get('env_prefix', '')}{name}"
    if field.is_required():
        return f"{variable.upper()}="
    return f"# {variable.upper()}={_value(field.get_default(call_default_factory=True, validated_data={}))}"


def _value(default: object) -> str:
    """A default as it would be written in the environment. Secrets are never shown."""
    if default is None or default is PydanticUndefined or isinstance(default, SecretStr | SecretBytes):
        return ""
    plain = to_jsonable_python(default)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


# ---- OpenAPI


class _NotRunning:
    """Stands where a router wants its service, or a part of it: to be described, nothing has to run."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"create_router asks for {name!r}; only its endpoints may, when they are called")


def openapi(service: str) -> dict[str, Any] | None:
    """What a service answers over HTTP: its app's own `openapi()`, else its router. None without either."""
    app = module_of(f"services.{service}.app")
    own: Callable[[], dict[str, Any]] | None = getattr(app, "openapi", None)
    if own is not None:
        return own()
    api = module_of(f"services.{service}.api")
    return None if api is None else _described(service, api)


def operator_openapi() -> dict[str, Any]:
    """What every process answers to its operator, whichever services it runs."""
    ring = KeyRing(_NO_KEYS)
    gate = Gate(ring)
    app: FastAPI = create_base_app("Baton operator", operator.__doc__ or "", Health(), {}, gate)
    join(app, operator.create_operator_router([], gate, ring, Shelf([])))
    return app.openapi()


def _described(service: str, api: ModuleType) -> dict[str, Any]:
    gate = Gate(KeyRing(_NO_KEYS))
    purpose = (api.__doc__ or "").strip().split("\n")[0]
    app: FastAPI = create_base_app(f"Baton {service}", purpose, Health(), {}, gate)
    takes = signature(api.create_router).parameters.values()
    wanted = [one.name for one in takes if one.default is Parameter.empty]
    join(app, api.create_router(**{n: gate if n == "gate" else _NotRunning() for n in wanted}))
    return app.openapi()


# ---- the command


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write, or check. Returns the exit code: 1 if something has drifted."""
    parser = argparse.ArgumentParser(
        prog="python -m deploy.generate", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a document has drifted")
    check: bool = parser.parse_args(arguments).check
    wanted = []
    for document in documents():  # One at a time: a service that cannot be imported stops only what follows.
        wanted.append(document)
        if not check and write(document, root):
            print(f"wrote {document.path}")
    remaining = list(drifts(wanted, root))
    for drift in remaining:
        print(drift, file=sys.stderr)
    if not remaining:
        print(f"{len(wanted)} generated documents are current")
    return 1 if remaining else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
