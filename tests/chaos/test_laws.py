"""One lead a person, on made-up runs: a law that can not be broken would promise nothing."""

from collections.abc import Iterable
from typing import Any

from shared.contracts.envelope import Heard
from shared.terms import LeadId
from shared.testing.leads import NOON, captured, heard, lead_id
from tests.chaos.crowd import Webhook
from tests.chaos.laws import a_lead_a_person
from tests.chaos.sender import Sent


def told(lead: LeadId, person: int = 1, what: str = "first") -> Sent:
    """A delivery of a person that was acknowledged as that lead's."""
    return Sent(Webhook(f"{person}_{what}", 0.0, person, "calm", b""), NOON, lead=lead, acknowledged_at=NOON)


def broken(sent: Iterable[Sent], *said: Heard[Any]) -> list[str]:
    return [breach.what for breach in a_lead_a_person(sent, said)]


ANA, BEA = lead_id("ana"), lead_id("bea")
FIRST = heard(captured("ana"), "ana")
AGAIN = heard(captured("bea", earlier=ANA), "bea")


def test_one_lead_that_was_captured_once_is_right() -> None:
    assert broken([told(ANA)], FIRST) == []


def test_a_lead_that_nobody_sent_is_found() -> None:
    [what] = broken([told(ANA)], FIRST, heard(captured("bea"), "bea"))
    assert what == f"1 leads that nobody sent, such as {BEA}"


def test_who_was_told_of_the_closed_lead_may_have_begun_again() -> None:
    assert broken([told(ANA), told(ANA, what="again")], FIRST, AGAIN) == []


def test_a_lead_that_names_an_earlier_one_that_never_was_is_found() -> None:
    assert broken([told(ANA)], FIRST, heard(captured("bea", earlier=lead_id("cleo")), "bea"))


def test_a_lead_that_began_again_twice_is_found() -> None:
    assert broken([told(ANA)], FIRST, AGAIN, AGAIN) == [f"1 leads begun again twice, such as {BEA}"]


def test_two_leads_of_one_person_are_found() -> None:
    assert broken([told(ANA), told(BEA, what="again")], FIRST, heard(captured("bea"), "bea"))


def test_a_lead_that_was_acknowledged_and_never_captured_is_found() -> None:
    assert broken([told(ANA), told(BEA, person=2)], FIRST)
