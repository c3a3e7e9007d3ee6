"""The envelope: ids that come from causes, bytes that strangers can read, and errors that name the field."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.baton import Handover, Holder
from shared.contracts import ALL
from shared.contracts.envelope import (
    CONTENT_TYPE,
    Envelope,
    Event,
    Unreadable,
    decode,
    decode_envelope,
    encode,
    event_id,
)
from shared.contracts.ingest import LeadCaptured, LeadErased
from shared.contracts.routing import LeadAssigned, LeadWon
from shared.contracts.values import Activity, Person
from tests.contract.any_event import EVERY_CONTRACT, any_event, validator

pytestmark = pytest.mark.slow

DRAWN = 15
NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SPOKEN: dict[str, Any] = {"source": "ingest", "subject": "lead-1", "time": NINE}
CAUSE = {"source": "routing", "cause": "timer/42", "subject": "lead-1", "event_type": "lead.assigned"}
NAMES = st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=8)


def captured(**more: Any) -> LeadCaptured:
    activity = Activity(seq=1, type="demo_requested", at=NINE, source="website-form")
    return LeadCaptured(person=Person(name="Leonie Brandt"), source="website-form", activity=activity, **more)


def changed(**other: Any) -> bytes:
    """A captured lead on the wire, with some of its data replaced."""
    document = json.loads(encode("id-1", captured(), **SPOKEN))
    document["data"] |= other
    return json.dumps(document).encode()


# ---- ids


def test_the_same_cause_gives_the_same_id() -> None:
    assert event_id(**CAUSE, ordinal=0) == event_id(**CAUSE, ordinal=0)


@pytest.mark.parametrize(
    "other",
    [
        {"source": "recycle"},
        {"cause": "timer/43"},
        {"subject": "lead-2"},
        {"event_type": "lead.won"},
        {"ordinal": 1},
    ],
    ids=lambda other: next(iter(other)),
)
def test_anything_else_gives_another_id(other: dict[str, Any]) -> None:
    assert event_id(**{**CAUSE, "ordinal": 0, **other}) != event_id(**CAUSE, ordinal=0)


@given(
    st.tuples(NAMES, st.text(max_size=8), NAMES, NAMES), st.tuples(NAMES, st.text(max_size=8), NAMES, NAMES)
)
def test_only_a_cause_may_hold_a_slash_and_ids_still_differ(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    ids = [
        event_id(source=source, cause=cause, subject=subject, event_type=kind, ordinal=0)
        for source, cause, subject, kind in (one, other)
    ]
    assert (ids[0] == ids[1]) == (one == other)


def test_two_versions_of_a_contract_share_their_id() -> None:
    class LeadWonAnew(LeadWon, frozen=True, kw_only=True):
        """The same fact in other words."""

        VERSION = 2

    assert LeadWonAnew.name() == "lead.won.v2"
    assert LeadWonAnew.TYPE == LeadWon.TYPE  # The id is made of the type: a reader of both acts once.


def test_an_id_is_forever() -> None:
    # Another rule, and after an upgrade everything said before would be said again.
    assert event_id(**CAUSE, ordinal=0) == "364fd7b4-2b71-55c3-bcad-37743dd15c5e"


# ---- on the wire


def test_an_event_is_a_cloudevent() -> None:
    document = json.loads(
        encode("id-1", captured(), **SPOKEN, causeid="delivery/7", hop=1, agreement="acme@3")
    )
    assert document.pop("data")["source"] == "website-form"
    assert document == {
        "specversion": "1.0",
        "id": "id-1",
        "type": "lead.captured.v1",
        "source": "ingest",
        "subject": "lead-1",
        "time": "2026-11-02T09:00:00Z",
        "causeid": "delivery/7",
        "hop": 1,
        "agreement": "acme@3",
    }
    assert all(name.isalnum() and name == name.lower() for name in document)
    assert CONTENT_TYPE == "application/cloudevents+json"


def test_from_and_to_are_written_as_words() -> None:
    intake, rep = Holder("intake", "intake", "maren@harbour.example"), Holder("rep", "ines", "ines")
    event = captured(handover=Handover(kind="take", number=2, giver=intake, taker=rep, seen=1))
    handover = json.loads(encode("id-1", event, **SPOKEN))["data"]["handover"]
    assert handover == {
        "kind": "take",
        "number": 2,
        "from": {"kind": "intake", "name": "intake", "answers": "maren@harbour.example"},
        "to": {"kind": "rep", "name": "ines", "answers": "ines"},
        "seen": 1,
    }


def test_what_has_its_default_is_left_out() -> None:
    data = json.loads(encode("id-1", captured(), **SPOKEN))["data"]
    assert data.keys() == {"person", "source", "activity"}
    assert json.loads(encode("id-1", LeadErased(), **SPOKEN))["data"] == {}


def test_without_a_handover_it_is_information() -> None:
    assert decode(decode_envelope(encode("id-1", captured(), **SPOKEN)), LeadCaptured).event.handover is None


def test_a_handler_hears_what_the_envelope_said() -> None:
    text = encode("id-1", captured(), **SPOKEN, hop=3, agreement="acme@3", traceparent="00-ab-cd-01")
    heard = decode(decode_envelope(text), LeadCaptured)
    assert (heard.id, heard.lead, heard.source, heard.at) == ("id-1", "lead-1", "ingest", NINE)
    assert (heard.hop, heard.agreement, heard.traceparent) == (3, "acme@3", "00-ab-cd-01")
    assert heard.event == captured()


@EVERY_CONTRACT
@settings(max_examples=DRAWN)
@given(drawn=st.data())
def test_what_is_written_is_read_and_is_what_the_schema_says(
    contract: type[Event], drawn: st.DataObject
) -> None:
    event = drawn.draw(any_event(contract))
    source = contract.TOPICS[0].removeprefix("baton.")
    text = encode("id-1", event, source=source, subject="lead-1", time=NINE)
    assert decode(decode_envelope(text), contract).event == event
    document = json.loads(text)
    document["data"].pop("handover", None)  # Drawn from all kinds; the schema allows this contract's only.
    assert [error.message for error in validator(contract).iter_errors(document)] == []


# ---- the classes


@EVERY_CONTRACT
def test_an_event_never_changes(contract: type[Event]) -> None:
    assert contract.__struct_config__.frozen
    assert contract.__struct_config__.omit_defaults
    assert not contract.__struct_config__.forbid_unknown_fields


@EVERY_CONTRACT
def test_no_field_hides_what_an_event_can_do(contract: type[Event]) -> None:
    # A field called `name` would hide name(), and the contract would be lost.
    assert set(contract.__struct_fields__) & {name for name in dir(Event) if not name.startswith("_")} == {
        "handover"
    }


def test_every_contract_is_listed() -> None:
    def below(event: type[Event]) -> set[type[Event]]:
        return {event}.union(*(below(one) for one in event.__subclasses__()))

    contracts = {one for one in below(Event) if "TYPE" in vars(one) and one.__module__.startswith("shared.")}
    assert contracts == set(ALL)


# ---- unreadable


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b'{"id": "a\xff"}', "utf-8"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field `specversion`"),
        (b'{"specversion": "0.3"}', r"\$.specversion"),
        (b'{"specversion": "1.0", "id": ""}', r"\$.id"),
        (b'{"specversion": "1.0", "id": 7}', r"\$.id"),
        (b'{"specversion": "1.0", "id": "a", "time": "2026-11-02T09:00:00"}', r"\$.time"),
        (b'{"data": ' + b"[" * 100_000, "recursion"),
    ],
)
def test_what_is_no_event_is_unreadable(value: bytes, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        decode_envelope(value)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"person": {"name": 7}}, r"\$.person.name"),
        ({"person": None}, r"\$.person"),
        ({"how": "carrier pigeon"}, r"\$.how"),
        ({"consent": "maybe"}, r"\$.consent"),
        ({"activity": {"seq": "first"}}, r"\$.activity.seq"),
        ({"handover": {"kind": "steal", "number": 1}}, r"\$.handover.kind"),
        ({"handover": {"kind": "open"}}, r"number.*\$.handover"),
    ],
    ids=lambda wrong: str(next(iter(wrong))) if isinstance(wrong, dict) else "",
)
def test_unreadable_data_names_the_event_and_the_field(wrong: dict[str, Any], named: str) -> None:
    envelope = decode_envelope(changed(**wrong))
    with pytest.raises(Unreadable, match=f"lead.captured.v1 id-1: .*{named}"):
        decode(envelope, LeadCaptured)


def test_an_instant_without_a_time_zone_is_not_read() -> None:
    activity = {"seq": 1, "type": "form_submitted", "at": "2026-11-02T09:00:00", "source": "website-form"}
    with pytest.raises(Unreadable, match=r"timezone.*\$.activity.at"):
        decode(decode_envelope(changed(activity=activity)), LeadCaptured)


def test_an_instant_keeps_its_place_in_time() -> None:
    summer = timezone(timedelta(hours=2))
    envelope = decode_envelope(encode("id-1", captured(), **{**SPOKEN, "time": NINE.astimezone(summer)}))
    assert envelope.time == NINE


def test_data_nested_without_end_is_unreadable() -> None:
    deep = b'{"person": {"name": "x"}, "source": "s", "later": ' + b"[" * 5000 + b"]" * 5000 + b"}"
    envelope = Envelope(
        specversion="1.0", id="id-1", type="lead.captured.v1", data=msgspec.Raw(deep), **SPOKEN
    )
    with pytest.raises(Unreadable, match=r"lead\.captured\.v1 id-1"):
        decode(envelope, LeadCaptured)


def test_an_event_of_another_contract_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="missing required field `owner`"):
        decode(decode_envelope(encode("id-1", captured(), **SPOKEN)), LeadAssigned)
