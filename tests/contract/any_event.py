"""Any event of a contract, drawn from the types of its fields, and the published examples as parameters."""

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # It ships no types.
from msgspec import inspect as ms

from shared.contracts import ALL
from shared.contracts.envelope import Event
from shared.contracts.schema import folder_of, schema_of


def examples_of(contract: type[Event]) -> list[Path]:
    """Every example of a contract that was ever published, sorted. Examples are added, never changed."""
    return sorted(folder_of(contract).glob("example-*.json"))


EXAMPLES = [(contract, path) for contract in ALL for path in examples_of(contract)]
EVERY_CONTRACT = pytest.mark.parametrize("contract", ALL, ids=lambda contract: contract.name())
EVERY_EXAMPLE = pytest.mark.parametrize(
    ("contract", "path"), EXAMPLES, ids=[f"{path.parent.name}/{path.stem}" for _, path in EXAMPLES]
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_PLAIN: dict[type[ms.Type], st.SearchStrategy[Any]] = {
    ms.StrType: _TEXT,
    ms.IntType: st.integers(-(2**53), 2**53),
    ms.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    ms.BoolType: st.booleans(),
    ms.NoneType: st.none(),
    ms.DateTimeType: _INSTANTS,
    ms.DateType: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
}


@cache
def validator(contract: type[Event]) -> Draft202012Validator:
    """A stranger's view of a contract: its schema, and nothing of our code."""
    return Draft202012Validator(schema_of(contract))


def document(path: Path) -> dict[str, Any]:
    """A published example as JSON."""
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def any_event(contract: type[Event]) -> st.SearchStrategy[Any]:
    """Any event of this contract that its types allow, sensible or not."""
    return _any(ms.type_info(contract))


def _any(kind: ms.Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, ms.StructType):
        required = {field.name: _any(field.type) for field in kind.fields if field.required}
        optional = {field.name: _any(field.type) for field in kind.fields if not field.required}
        drawn = st.fixed_dictionaries(required, optional=optional)
        return drawn.map(lambda fields: kind.cls(**fields))
    if isinstance(kind, ms.EnumType):
        return st.sampled_from(list(kind.cls))
    if isinstance(kind, ms.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, ms.UnionType):
        return st.one_of([_any(one) for one in kind.types])
    return _any_of_many(kind)


def _any_of_many(kind: ms.Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, ms.Metadata):
        return _any(kind.type)
    if isinstance(kind, ms.VarTupleType):
        return st.lists(_any(kind.item_type), max_size=2).map(tuple)
    if isinstance(kind, ms.DictType):
        return st.dictionaries(_any(kind.key_type), _any(kind.value_type), max_size=2)
    return _PLAIN[type(kind)]
