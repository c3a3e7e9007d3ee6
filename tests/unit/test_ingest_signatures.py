"""Genuine or not: published vectors, every way a header can be wrong, and bytes that nobody would send."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.signatures import ADVICE, Genuine, NotGenuine, Reason, verify
from services.ingest.domain.sources import Kind, Source
from shared.signing import WeakSecret, sign_standard_webhook, sign_typeform_webhook, standard_key

VECTORS = json.loads((Path(__file__).parent / "vectors" / "signatures.json").read_text())
KINDS = {"standard_webhooks": Kind.STANDARD, "typeform_sha256_b64": Kind.TYPEFORM}
NOW = datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)
SECRET, OLDER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
BODY = b'{"email":"ana.silva@northwind.example"}'
STANDARD = Source("website", Kind.STANDARD, (SECRET,))
TYPEFORM = Source("forms", Kind.TYPEFORM, ("typeform_webhook_secret_2026",))


def lines(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def signed(body: bytes = BODY, at: datetime = NOW, *secrets: str) -> list[tuple[bytes, bytes]]:
    return lines(sign_standard_webhook("msg_1", int(at.timestamp()), body, *(secrets or (SECRET,))))


def reason(answer: Genuine | NotGenuine) -> Reason:
    assert isinstance(answer, NotGenuine)
    return answer.reason


def body_of(vector: dict[str, Any]) -> bytes:
    if "body_repeat" in vector:
        letter, times = vector["body_repeat"]
        return str(letter).encode() * int(times)
    return str(vector["body"]).encode()


@pytest.mark.parametrize("vector", VECTORS, ids=[v["id"] for v in VECTORS])
def test_a_published_vector_is_judged_as_published(vector: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(vector.get("now", 0), UTC)
    for secret in (vector["secret"], *vector.get("also_valid_with", ())):
        source = Source("vector", KINDS[vector["scheme"]], (secret,))
        answer = verify(source, lines(vector["headers"]), body_of(vector), at)
        assert isinstance(answer, Genuine) is vector["valid"]


def test_the_vectors_are_all_there() -> None:
    assert len(VECTORS) == 14
    assert {v["valid"] for v in VECTORS} == {True, False}


def test_a_genuine_webhook_names_its_delivery() -> None:
    assert verify(STANDARD, signed(), BODY, NOW) == Genuine("msg_1")


def test_one_other_byte_in_the_body_is_a_wrong_signature() -> None:
    assert reason(verify(STANDARD, signed(), BODY + b" ", NOW)) is Reason.WRONG_SIGNATURE


@pytest.mark.parametrize("name", [b"webhook-id", b"webhook-timestamp"])
def test_the_signature_covers_id_and_timestamp(name: bytes) -> None:
    headers = [(n, b"1767604365" if n == name else v) for n, v in signed()]
    assert reason(verify(STANDARD, headers, BODY, NOW)) is Reason.WRONG_SIGNATURE


@pytest.mark.parametrize(
    ("late_by", "expected"),
    [(300, None), (301, Reason.EXPIRED), (-300, None), (-301, Reason.FROM_THE_FUTURE)],
)
def test_the_replay_window_is_five_minutes_each_way(late_by: int, expected: Reason | None) -> None:
    answer = verify(STANDARD, signed(), BODY, NOW + timedelta(seconds=late_by))
    assert answer == (Genuine("msg_1") if expected is None else NotGenuine(expected))


def test_a_forger_is_not_told_about_clocks() -> None:
    answer = verify(STANDARD, signed(BODY, NOW, OLDER), BODY, NOW + timedelta(days=1))
    assert reason(answer) is Reason.WRONG_SIGNATURE


def test_both_secrets_count_while_one_is_being_changed() -> None:
    changing = Source("website", Kind.STANDARD, (SECRET, OLDER))
    assert isinstance(verify(changing, signed(BODY, NOW, SECRET), BODY, NOW), Genuine)
    assert isinstance(verify(changing, signed(BODY, NOW, OLDER), BODY, NOW), Genuine)
    assert reason(verify(STANDARD, signed(BODY, NOW, OLDER), BODY, NOW)) is Reason.WRONG_SIGNATURE


def test_a_sender_may_sign_with_both_secrets_while_it_changes_them() -> None:
    assert isinstance(verify(STANDARD, signed(BODY, NOW, OLDER, SECRET), BODY, NOW), Genuine)


def test_header_names_are_found_in_any_case() -> None:
    assert isinstance(verify(STANDARD, [(n.title(), v) for n, v in signed()], BODY, NOW), Genuine)


@pytest.mark.parametrize("name", [b"webhook-id", b"webhook-timestamp", b"webhook-signature"])
def test_a_header_that_comes_twice_with_different_values_is_refused(name: bytes) -> None:
    assert reason(verify(STANDARD, [*signed(), (name, b"1")], BODY, NOW)) is Reason.CONTRADICTORY_HEADERS
    assert (
        reason(verify(STANDARD, [(name.upper(), b"1"), *signed()], BODY, NOW)) is Reason.CONTRADICTORY_HEADERS
    )


def test_a_header_that_comes_twice_with_the_same_value_is_fine() -> None:
    assert isinstance(verify(STANDARD, [*signed(), *signed()], BODY, NOW), Genuine)


@pytest.mark.parametrize("name", [b"webhook-id", b"webhook-timestamp", b"webhook-signature"])
def test_without_a_header_there_is_no_signature(name: bytes) -> None:
    assert (
        reason(verify(STANDARD, [h for h in signed() if h[0] != name], BODY, NOW)) is Reason.MISSING_SIGNATURE
    )


@pytest.mark.parametrize(
    "timestamp", ["١٢٣", "-1", "+1767604364", "1e9", "nan", "17 67", "9" * 16, "1767604364.5"]
)
def test_a_timestamp_is_plain_digits(timestamp: str) -> None:
    headers = [(n, timestamp.encode() if n == b"webhook-timestamp" else v) for n, v in signed()]
    assert reason(verify(STANDARD, headers, BODY, NOW)) is Reason.MALFORMED


@pytest.mark.parametrize("signature", ["garbage", "v1,###", "v1,abc,def", "v1a,AAAA", "v2,", "v1,ü", ","])
def test_a_signature_that_cannot_be_one_is_malformed(signature: str) -> None:
    headers = [(n, signature.encode() if n == b"webhook-signature" else v) for n, v in signed()]
    assert reason(verify(STANDARD, headers, BODY, NOW)) is Reason.MALFORMED


def test_a_second_spelling_of_the_right_digest_is_not_the_right_signature() -> None:
    right = dict(signed())[b"webhook-signature"]
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = right[:-2] + letters[letters.index(right[-2:-1]) + 1 :][:1] + b"="
    headers = [(n, other if n == b"webhook-signature" else v) for n, v in signed()]
    assert reason(verify(STANDARD, headers, BODY, NOW)) is Reason.WRONG_SIGNATURE


def test_typeform_signs_the_body_and_its_delivery_id_stands_there_too() -> None:
    headers = lines(sign_typeform_webhook(BODY, TYPEFORM.secrets[0]))
    assert verify(TYPEFORM, headers, BODY, NOW) == Genuine(None)
    assert reason(verify(TYPEFORM, headers, BODY + b"x", NOW)) is Reason.WRONG_SIGNATURE
    assert reason(verify(TYPEFORM, [], BODY, NOW)) is Reason.MISSING_SIGNATURE


@pytest.mark.parametrize(
    "value", [b"sha1=" + b"A" * 43 + b"=", b"SHA256=" + b"A" * 43 + b"=", b"sha256=", b"x"]
)
def test_typeform_has_one_method_only(value: bytes) -> None:
    assert reason(verify(TYPEFORM, [(b"typeform-signature", value)], BODY, NOW)) is Reason.MALFORMED


header_names = st.sampled_from(
    [b"webhook-id", b"Webhook-Timestamp", b"webhook-signature", b"typeform-signature"]
)
header_values = st.binary(max_size=80) | st.sampled_from([b"v1," + b"A" * 43 + b"=", b"1767604364", b"msg_1"])


@given(st.sampled_from([STANDARD, TYPEFORM]), st.lists(st.tuples(header_names, header_values)), st.binary())
def test_whatever_comes_in_is_answered_and_never_taken_for_genuine(
    source: Source, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    answer = verify(source, headers, body, NOW)
    assert isinstance(answer, NotGenuine)
    assert answer.text == ADVICE[answer.reason]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60), st.binary())
def test_what_we_sign_is_genuine(message_id: str, body: bytes) -> None:
    headers = lines(sign_standard_webhook(message_id, int(NOW.timestamp()), body, SECRET))
    assert verify(STANDARD, headers, body, NOW) == Genuine(message_id)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_???", "whsec_c2hvcnQ=", "whsec_ü"])
def test_a_secret_that_protects_nothing_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(WeakSecret) as refused:
        standard_key(secret)
    assert secret in ("", "whsec_") or secret not in str(refused.value)


def test_nothing_is_sent_unsigned() -> None:
    with pytest.raises(WeakSecret):
        sign_standard_webhook("msg_1", 1767604364, BODY)


def test_every_reason_has_its_advice() -> None:
    assert set(ADVICE) == set(Reason)
