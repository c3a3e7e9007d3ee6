"""The generated pages: docs/events.md from the contracts, docs/glossary.md from the one language."""

import inspect
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import inspect as ms

from deploy.glossary import GLOSSARY
from shared.baton import CUSTODIAN_OF, Handover
from shared.contracts import ingest, recycle, routing, scoring
from shared.contracts.envelope import Envelope, Event
from shared.terms import Role, Stage

WRITTEN: Final = "<!-- Written by `python -m deploy.generate`; change the code, then run it again. -->"
_TOPICS: Final = (ingest, scoring, routing, recycle)
_PLAIN: Final[dict[type[ms.Type], str]] = {
    ms.StrType: "text",
    ms.IntType: "whole number",
    ms.FloatType: "number",
    ms.BoolType: "yes or no",
    ms.DateTimeType: "instant",
    ms.DateType: "date",
    ms.RawType: "the event",
    ms.AnyType: "anything",
}

EVENTS_INTRO: Final = """\
# The events

Services speak only through events. This page lists each contract: what it says, how it touches the baton,
what it carries. Schemas and examples are in `shared/contracts/published/`.

- The envelope is CloudEvents 1.0 in JSON (structured mode). `subject` is the key: what one service says about
  one lead stays in order. Between topics there is no order.
- The id comes from the cause, so that doing the work twice says the same thing. Two versions of one contract
  have the same id: a reader of both acts once.
- **An event touches the baton only through its `handover`**; without one it is information, whatever its
  type. A tombstone ends the journey of a lead, and needs no handover.
- What may be missing is left out when it has its default. Readers ignore fields that they do not know. Any
  change but a new field with a default is a new version.
- An instant is RFC 3339 with a time zone.
"""
_ENVELOPE_SAYS: Final = {
    "specversion": "always 1.0",
    "id": "derived from what caused it; once in effect by this id",
    "type": "the contract, with its version",
    "source": "the service that says it",
    "subject": "the key: a lead's id; a domain for account.updated, a person for rep.changed",
    "time": "when it happened: the instant of the decision",
    "data": "the event",
    "causeid": "the event, timer or command that led to it",
    "hop": "its place in the chain of events that led to it, from 1; bounded",
    "agreement": "the version in force",
    "traceparent": "W3C trace context, from the webhook on",
}


def glossary() -> str:
    """docs/glossary.md: the words that marketing, sales and the code have in common."""
    custodians = [(f"`{kind}`", service) for kind, service in CUSTODIAN_OF.items()]
    return page(
        WRITTEN,
        "# Glossary",
        "One language for marketing, sales and the code: what a word means here, it means everywhere.",
        table(("word", "meaning"), [(f"**{word}**", meaning) for word, meaning in GLOSSARY]),
        "## Stages",
        "In this order: " + " → ".join(f"`{stage}`" for stage in Stage) + ".",
        "## Who may move a baton",
        table(("the holder is", "its custodian is"), custodians),
        "## Roles",
        "Who may call which part of the API: " + ", ".join(f"`{role}`" for role in Role) + ".",
    )


def events() -> str:
    """docs/events.md: every contract, by topic, and the values that they are made of."""
    parts: dict[str, type[Any]] = {}
    topics = []
    for module in _TOPICS:
        rows = [_row(contract, parts) for contract in module.EVENTS]
        says = (module.__doc__ or "").strip().split("\n")[0]
        topics += [f"## `{module.TOPIC}`", says, table(("event", "topic", "baton", "says", "carries"), rows)]
    envelope = [(f"`{field.encode_name}`", _ENVELOPE_SAYS[field.name]) for field in _fields(Envelope)]
    return page(
        WRITTEN,
        EVENTS_INTRO.strip(),
        "## The envelope",
        table(("attribute", "says"), envelope),
        *topics,
        "## What events are made of",
        *_values(parts),
    )


def _row(contract: type[Event], parts: dict[str, type[Any]]) -> tuple[str, ...]:
    fields = [_field(field, parts) for field in _fields(contract) if field.name != "handover"]
    if contract.TOUCHES:
        parts.setdefault("Handover", Handover)
    baton = " or ".join(f"**{kind}**" for kind in contract.TOUCHES)
    return (
        f"`{contract.name()}`",
        "<br>".join(f"`{topic}`" for topic in contract.TOPICS),
        baton or ("**tombstone**" if contract.TOMBSTONE else ""),
        sentence(inspect.getdoc(contract)),
        "<br>".join(fields) or "the lead's id only",
    )


def _values(parts: dict[str, type[Any]]) -> Iterator[str]:
    """A section for each value that an event carries, and for those that these are made of in turn."""
    tables: dict[str, str] = {}
    while waiting := sorted(parts.keys() - tables.keys()):
        for name in waiting:
            rows = [tuple(_field(field, parts).split(": ", 1)) for field in _fields(parts[name])]
            tables[name] = table(("field", "is"), rows)
    for name in sorted(tables):
        yield f"### {name}"
        yield sentence(inspect.getdoc(parts[name]))
        yield tables[name]


def _fields(struct: type[Any]) -> tuple[ms.Field, ...]:
    described = ms.type_info(struct)
    assert isinstance(described, ms.StructType)
    return described.fields


def _field(field: ms.Field, parts: dict[str, type[Any]]) -> str:
    """`name`: what it is, and what it is if it is left out."""
    default = "" if field.required else _default(field)
    return f"`{field.encode_name}`: {_words(field.type, parts)}{default}"


def _default(field: ms.Field) -> str:
    nothing = field.default in (msgspec.NODEFAULT, None, "", ())
    if nothing or isinstance(field.default, msgspec.Struct):
        return "; if any"
    return f"; else {msgspec.json.encode(field.default).decode()}"


def _words(kind: ms.Type, parts: dict[str, type[Any]]) -> str:
    """A type in words. Notes in `parts` the values that have a section of their own."""
    if isinstance(kind, ms.Metadata):
        return _words(kind.type, parts)
    if isinstance(kind, ms.StructType):
        parts.setdefault(kind.cls.__name__, kind.cls)
        return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
    if isinstance(kind, ms.EnumType):
        return ", ".join(f"`{one.value}`" for one in kind.cls)
    if isinstance(kind, ms.LiteralType):
        return ", ".join(f"`{one}`" for one in kind.values)
    return _composed(kind, parts)


def _composed(kind: ms.Type, parts: dict[str, type[Any]]) -> str:
    if isinstance(kind, ms.VarTupleType):
        return f"list of {_words(kind.item_type, parts)}"
    if isinstance(kind, ms.DictType):
        return f"{_words(kind.key_type, parts)} → {_words(kind.value_type, parts)}"
    if isinstance(kind, ms.UnionType):
        known = [one for one in kind.types if not isinstance(one, ms.NoneType)]
        return " or ".join(_words(one, parts) for one in known)
    return _PLAIN[type(kind)]


def sentence(doc: str | None) -> str:
    """A docstring on one line, as a cell of a table holds it."""
    return " ".join((doc or "").split()).replace("|", r"\|")


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def page(*blocks: str) -> str:
    return "\n\n".join(blocks) + "\n"
