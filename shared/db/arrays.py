"""Many values as one parameter: PostgreSQL's binary arrays, made without a call into psycopg for each value.

A statement for 500 rows then has as many parameters as columns. To parse thousands of them would cost more
than all the rest of it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from struct import Struct
from typing import Any, Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Integer, LargeBinary, String
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine, UserDefinedType

_HEADER: Final = Struct("!iiIii").pack
_LENGTH: Final = Struct("!i").pack
_INTEGER: Final = Struct("!i").pack
_BIG: Final = Struct("!q").pack
_NULL: Final = _LENGTH(-1)
_SHORT: Final = tuple(_LENGTH(length) for length in range(256))
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Packed(bytes):
    """An array as PostgreSQL's `array_recv` reads it."""


class _PackedDumper(Dumper):
    # No type of its own: the CAST around the parameter gives it one.
    format = Format.BINARY

    def dump(self, obj: Packed) -> Packed:
        return obj


psycopg.adapters.register_dumper(Packed, _PackedDumper)


class Values(UserDefinedType[Sequence[Any]]):
    """The type of a parameter that holds many values of one type: on SQLite it is a JSON array."""

    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        self.of = of
        self.name, self._oid, self._encode = _kind_of(of)

    def get_col_spec(self, **_: Any) -> str:
        return f"{self.name}[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        if dialect.name != "postgresql":
            return _json
        oid, encode = self._oid, self._encode

        def packed(values: Sequence[Any]) -> Packed:
            if _is_one(values):
                return _repeated(oid, None if values[0] is None else encode(values[0]), len(values))
            return pack(oid, [None if value is None else encode(value) for value in values])

        return packed


def _is_one(values: Sequence[Any]) -> bool:
    """Whether it is the same object all along, as the instant of a transaction is in all of its rows."""
    return len(values) > 1 and values[0] is values[-1] and len(set(map(id, values))) == 1


def _repeated(oid: int, item: bytes | None, times: int) -> Packed:
    one = _NULL if item is None else _LENGTH(len(item)) + item
    return Packed(_HEADER(1, 1, oid, times, 1) + one * times)


def pack(oid: int, items: Sequence[bytes | None]) -> Packed:
    """The items, which are values of the type `oid` in PostgreSQL's binary form, as an array."""
    parts = [b""] * (2 * len(items))
    parts[::2] = [
        _NULL if item is None else _SHORT[size] if (size := len(item)) < len(_SHORT) else _LENGTH(size)
        for item in items
    ]
    parts[1::2] = [item or b"" for item in items]
    # One dimension; there may be NULLs; so many items, counted from 1.
    return Packed(_HEADER(1, 1, oid, len(items), 1) + b"".join(parts))


def _instant(value: datetime) -> bytes:
    if value.tzinfo is None:
        raise ValueError("a datetime without a zone is not an instant")
    since = value - _EPOCH
    return _BIG((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _json(value: Any) -> str:
    return json.dumps(value)


_KINDS: Final[Iterable[tuple[type[TypeEngine[Any]], str, int, Callable[[Any], bytes]]]] = (
    (String, "TEXT", 25, str.encode),
    (LargeBinary, "BYTEA", 17, bytes),
    (BigInteger, "BIGINT", 20, _BIG),
    (Integer, "INTEGER", 23, _INTEGER),
    (Boolean, "BOOLEAN", 16, lambda value: b"\1" if value else b"\0"),
    (DateTime, "TIMESTAMPTZ", 1184, _instant),
    (JSON, "JSON", 114, lambda value: json.dumps(value).encode()),
)


def _kind_of(of: TypeEngine[Any]) -> tuple[str, int, Callable[[Any], bytes]]:
    plain = of.impl_instance if isinstance(of, TypeDecorator) else of
    for kind, name, oid, encode in _KINDS:
        if isinstance(plain, kind):
            return name, oid, encode
    raise TypeError(f"no array of {of!r} is known here: add its binary form to shared/db/arrays.py")
