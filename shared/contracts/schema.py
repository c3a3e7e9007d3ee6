"""Every contract as a JSON Schema for readers in other languages, and where schema and examples are."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.contracts.envelope import Envelope, Event

PUBLISHED: Final = Path(__file__).parent / "published"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PARTS: Final = "#/$defs/"
"""Where a schema refers to its parts."""


def folder_of(contract: type[Event]) -> Path:
    """Where a contract's schema and examples are published."""
    return PUBLISHED / contract.name()


def schema_of(contract: type[Event]) -> dict[str, Any]:
    """The whole envelope with this event as its data. What it does not name may be there; ignore it."""
    (_, event), parts = msgspec.json.schema_components([Envelope, contract], ref_template=PARTS + "{name}")
    envelope = parts.pop("Envelope")
    _narrow(parts[contract.__name__]["properties"], contract)
    schema = {
        "$schema": _DIALECT,
        "title": contract.name(),
        "description": inspect.getdoc(contract),
        "type": "object",
        "properties": {
            **envelope["properties"],
            "type": {"const": contract.name()},
            "source": {"enum": [topic.removeprefix("baton.") for topic in contract.TOPICS]},
            "data": event,
        },
        "required": envelope["required"],
    }
    needed = _reached(schema, parts)
    whole = {**schema, "$defs": {name: _tidy(parts[name]) for name in sorted(needed)}}
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))  # As anyone will read it.
    return plain


def _narrow(properties: dict[str, Any], contract: type[Event]) -> None:
    """Say which kinds of handover this contract may carry; most carry none."""
    if not contract.TOUCHES:
        del properties["handover"]
        return
    handover = {"$ref": f"{PARTS}Handover", "properties": {"kind": {"enum": list(contract.TOUCHES)}}}
    properties["handover"] = {"anyOf": [handover, {"type": "null"}], "default": None}


def _reached(schema: Any, parts: dict[str, Any]) -> set[str]:
    """The parts that a schema names, directly or through another part."""
    reached: set[str] = set()
    waiting = set(_named(schema))
    while waiting:
        reached |= waiting
        waiting = {name for part in waiting for name in _named(parts[part])} - reached
    return reached


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.removeprefix(PARTS)
            else:
                yield from _named(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _named(value)


def _tidy(part: dict[str, Any]) -> dict[str, Any]:
    """The same part; its description without the indentation of the source."""
    if "description" not in part:
        return part
    return {**part, "description": inspect.cleandoc(part["description"])}
