"""JSON of a shape that nobody expects: a value on the way to another, and bodies that are no JSON."""

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest

from services.ingest.domain.mapping import submission_from
from services.ingest.domain.reading import read_json
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import CannotUnderstand
from shared.terms import Consent

NOW = datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)
API = Source("api", Kind.STANDARD, how="api")
EMAIL = "ana.silva@northwind.example"


@pytest.mark.parametrize("value", ["demo_requested", 5, [{"type": "demo_requested"}], True])
def test_a_value_where_an_object_should_be_is_refused_by_name(value: object) -> None:
    with pytest.raises(CannotUnderstand) as refused:
        submission_from(API, {"email": EMAIL, "activity": value}, NOW)
    assert str(refused.value) == "activity.type: is looked for in activity, which is no object"


@pytest.mark.parametrize("nothing", [{}, {"activity": None}, {"activity": {}}, {"activity": {"type": None}}])
def test_where_nothing_is_nothing_is_refused(nothing: dict[str, Any]) -> None:
    assert submission_from(API, {"email": EMAIL, **nothing}, NOW).doubts == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "is not JSON: send one JSON object in UTF-8"),
        (gzip.compress(b"{}", mtime=0), "is compressed: switch compression off where it is sent"),
        (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
    ],
)
def test_what_is_not_json_is_told_why(body: bytes, why: str) -> None:
    with pytest.raises(CannotUnderstand, match=f"^body: {why}"):
        read_json(body)


@pytest.mark.parametrize("word", ["denied", "Withdrawn", " revoked ", "unsubscribed"])
def test_every_usual_word_for_no_is_a_denial(word: str) -> None:
    assert submission_from(API, {"email": EMAIL, "consent": word}, NOW).consent is Consent.DENIED
