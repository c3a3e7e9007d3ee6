"""What the sections share: strictness, and the kinds of values that appear everywhere."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.agreement.reading import durations
from shared.unknown import quoted

_PERSON = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_NAME_MAX = 80


class Section(BaseModel):
    """A mapping of the file. Unknown names are errors, nothing is converted, nothing can be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


def exactly_one_of(*names: str, never: Sequence[dict[str, JsonValue]] = ()) -> ConfigDict:
    """Lets an editor know that one of these fields must be there, and no two; and what must not be."""
    known: dict[str, JsonValue] = {"oneOf": [{"required": [name]} for name in names]}
    return ConfigDict(json_schema_extra={**known, "not": {"anyOf": [*never]}} if never else known)


def _checked(check: Callable[[object], object]) -> PlainValidator:
    """A validator whose message reaches the reader word for word, braces included."""

    def validate(value: object) -> object:
        try:
            return check(value)
        except ValueError as wrong:
            raise PydanticCustomError("expected", "{message}", {"message": str(wrong)}) from None

    return PlainValidator(validate)


def _person(value: object) -> str:
    if not isinstance(value, str) or not _PERSON.fullmatch(value):
        raise ValueError(
            f"expected a person's e-mail address such as maya@acme.example, found {quoted(value)}"
        )
    return value


def _name(value: object) -> str:
    if isinstance(value, bool | int | float):
        raise ValueError(f"expected a name, found {quoted(value)}; put it in quotes if it is meant so")
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > _NAME_MAX:
        raise ValueError(f"expected a name of 1 to {_NAME_MAX} characters in one line, found {quoted(value)}")
    return value


def _people(value: object) -> tuple[str, ...]:
    people = tuple(_person(person) for person in (value if isinstance(value, list | tuple) else [value]))
    if not people:
        raise ValueError("expected at least one person; without a deputy nobody would answer for the queue")
    return people


def _names(value: object) -> tuple[str, ...]:
    return tuple(_name(name) for name in (value if isinstance(value, list | tuple) else [value]))


def _day(value: object) -> date:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else date.fromisoformat("")
    except ValueError:
        raise ValueError(f"expected a date such as 2027-03-31, found {quoted(value)}") from None


def _schema(kind: str, **more: object) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


def _one_or_several(kind: dict[str, object], *, least: int = 0) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [kind, {"type": "array", "items": kind, "minItems": least}]})


_DURATION = r"0{0,8}[1-9]\d{0,8} ?[smhdw]"
_CAP = rf"^\s*0*[1-9]\d* per {_DURATION}\s*$"
DURATION_PATTERN = rf"^\s*{_DURATION}\s*$"
"""How a duration is written, for editors."""

_INSTANT = r"^\s*\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?\s*$"
_NAME: dict[str, object] = {"type": "string", "minLength": 1, "maxLength": _NAME_MAX}
_MAILBOX: dict[str, object] = {"type": "string", "format": "email", "pattern": r"^[^@\s]+@[^@\s]+$"}

Duration = Annotated[timedelta, _checked(durations.duration), _schema("string", pattern=DURATION_PATTERN)]
Percentage = Annotated[
    Fraction, _checked(durations.percentage), _schema("string", pattern=r"^\s*\d+(\.\d+)? ?%\s*$")
]
Share = Annotated[Fraction, _checked(durations.share), _schema("number", minimum=0, maximum=1)]
Cap = Annotated[
    durations.AtMost,
    _checked(durations.at_most),
    _schema("string", pattern=_CAP),
]
Instant = Annotated[datetime, _checked(durations.instant), _schema("string", pattern=_INSTANT)]
Day = Annotated[date, _checked(_day), _schema("string", pattern=r"^\d{4}-\d\d-\d\d$")]
Person = Annotated[str, _checked(_person), WithJsonSchema(_MAILBOX)]
People = Annotated[tuple[str, ...], _checked(_people), _one_or_several(_MAILBOX, least=1)]
Name = Annotated[str, _checked(_name), WithJsonSchema(_NAME)]
Names = Annotated[tuple[str, ...], _checked(_names), _one_or_several(_NAME)]
SomeNames = Annotated[tuple[str, ...], _checked(_names), _one_or_several(_NAME, least=1)]


WORDS = "words"
"""In place of those words of the vocabulary that may stand there: its value says of which sort they are."""

Known = Annotated[tuple[str, ...], _checked(_names), _one_or_several({WORDS: "ConditionOnLead"})]
Whom = Annotated[str, _checked(_name), WithJsonSchema({"anyOf": [_MAILBOX, {WORDS: "text"}]})]
Escalated = Annotated[
    str, _checked(_name), WithJsonSchema({"anyOf": [{"enum": ["lead", "deputy"]}, _MAILBOX]})
]


CONDITION = "condition"
"""Stands in a schema for the sort of condition that `schema.py` describes."""


def _asked(sort: str) -> WithJsonSchema:
    return WithJsonSchema({CONDITION: sort})


# A condition as it stands in the file; `conditions.py` reads it, because it needs the rest of the file.
# What may be asked depends on what is known there: the sorts are in `vocabulary.py`.
WhenOnMarket: TypeAlias = Annotated[object, _asked("ConditionOnMarket")]
WhenOnLead: TypeAlias = Annotated[object, _asked("ConditionOnLead")]
WhenBeforeScore: TypeAlias = Annotated[object, _asked("ConditionBeforeScore")]
WhenOnPlaybook: TypeAlias = Annotated[object, _asked("ConditionOnPlaybook")]
WhenInRouting: TypeAlias = Annotated[object, _asked("ConditionInRouting")]
WhenOnReturn: TypeAlias = Annotated[object, _asked("ConditionOnReturn")]

Points = Annotated[int, Field(ge=-1_000, le=1_000)]
Score = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=1, le=100_000)]
Employees = Annotated[int, Field(ge=1, le=1_000_000_000)]
Amount = Annotated[float, Field(gt=0, le=1e12)]
