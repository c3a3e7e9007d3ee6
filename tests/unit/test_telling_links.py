"""Action links: nobody can make one, change one, or read a person in one."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.routing.domain.model import Handoff, Meeting, RoutedLead, Snooze
from services.routing.domain.telling.links import BadLink, Link, opened, person_of, sealed, verbs, whom
from shared.baton import Custody, Holder
from shared.contracts.values import RouteReceipt
from shared.signing import WeakSecret
from shared.testing.leads import NOON, lead_id

SECRET, NEXT = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
ANA, BOB, CY = lead_id("ana"), "bob@acme.example", "cy@acme.example"
LINK = Link(ANA, 2, whom(ANA, BOB), "accept", int((NOON + timedelta(hours=72)).timestamp()))
HELD = RoutedLead(custody=Custody(standing="holding", number=2, holder=Holder("rep", BOB, BOB)))


def test_what_was_sealed_opens() -> None:
    assert opened(sealed(LINK, [SECRET]), [SECRET]) == LINK


def test_a_secret_is_replaced_while_links_are_on_their_way() -> None:
    old = sealed(LINK, [SECRET])
    assert opened(old, [NEXT, SECRET]) == LINK
    assert opened(sealed(LINK, [NEXT, SECRET]), [NEXT]) == LINK
    with pytest.raises(BadLink):
        opened(old, [NEXT])


def test_without_a_secret_nothing_opens() -> None:
    with pytest.raises(BadLink):
        opened(sealed(LINK, [SECRET]), [])


def test_a_weak_secret_signs_nothing() -> None:
    with pytest.raises(WeakSecret):
        sealed(LINK, ["whsec_short"])


@given(st.data())
def test_one_character_changed_does_not_open(data: st.DataObject) -> None:
    token = sealed(LINK, [SECRET])
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda one: one != token[at]))
    with pytest.raises(BadLink):
        opened(token[:at] + other + token[at + 1 :], [SECRET])


@given(st.text(max_size=600))
def test_what_was_not_sealed_opens_nothing(token: str) -> None:
    with pytest.raises(BadLink):
        opened(token, [SECRET])


def test_nobody_is_named_in_a_link() -> None:
    token = sealed(LINK, [SECRET])
    inside = base64.urlsafe_b64decode(token.partition(".")[0] + "==")
    assert b"bob" not in inside
    assert whom(ANA, BOB) != whom(lead_id("ben"), BOB)


def test_a_link_ends_when_its_time_is_up() -> None:
    assert not LINK.over(NOON + timedelta(hours=71, minutes=59))
    assert LINK.over(NOON + timedelta(hours=72))


def test_a_link_is_for_whoever_answers_since_it_was_made() -> None:
    moved = replace(HELD, custody=replace(HELD.custody, number=3))
    others = replace(HELD, custody=replace(HELD.custody, holder=Holder("rep", CY, CY)))
    given_back = replace(HELD, custody=replace(HELD.custody, standing="offering"))
    assert person_of(LINK, HELD) == BOB
    assert [person_of(LINK, lead) for lead in (moved, others, given_back, RoutedLead())] == [None] * 4


def test_what_can_be_done_by_a_click() -> None:
    queued = replace(HELD, custody=replace(HELD.custody, holder=Holder("queue", "inside", BOB)))
    asked = replace(
        HELD,
        accepted=True,
        handoff=Handoff(
            CY, "executives", Holder("rep", BOB, BOB), RouteReceipt(agreement="a", at=NOON, why="")
        ),
    )
    assert verbs(HELD, BOB) == ("accept", "reject")
    assert verbs(replace(HELD, accepted=True), BOB) == ("contact", "snooze")
    assert verbs(replace(HELD, accepted=True, snooze=Snooze(NOON, NOON, "")), BOB) == ("contact",)
    assert verbs(replace(HELD, accepted=True, meeting=Meeting(NOON, BOB)), BOB) == ("contact", "cancel")
    begun = replace(HELD, accepted=True, meeting=Meeting(NOON, BOB, begun=True))
    assert verbs(begun, BOB) == ("held", "missed")
    assert verbs(queued, BOB) == ("accept",)
    assert (verbs(asked, BOB), verbs(asked, CY)) == (("contact",), ("take over", "refuse"))
    assert verbs(HELD, CY) == ()
