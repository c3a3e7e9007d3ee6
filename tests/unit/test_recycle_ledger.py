"""Who answered for a lead, from when to when, and where nobody can say."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recycle.domain.journey import entered
from services.recycle.domain.ledger import (
    Entry,
    Gap,
    People,
    absences_of,
    entry_of,
    gaps_of,
    owner_at,
    owners_of,
)
from services.recycle.domain.model import Journey
from shared.baton import Holder
from shared.contracts.recycle import OwnerConfirmed
from shared.testing.leads import INTAKE, NOON, captured, heard, recorded
from tests.unit.recycle_lead import NEW, RITA, assigned, given_up

OTTO = Holder("rep", "otto@acme.example", "otto@acme.example")
NOBODY = People({}, frozenset(), frozenset(), announced=False)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def row(number: int, minutes: float, holder: Holder | None = RITA, kind: str = "take") -> Entry:
    return Entry(number, kind, holder, at(minutes), "why", f"{kind}/{number}", "baton.routing")


OPEN = row(1, 0, INTAKE, "open")
WHOLE = [
    OPEN,
    row(2, 1),
    row(2, 5, RITA, "offer"),
    row(3, 6, NEW),
    row(4, 9, OTTO),
    row(5, 20, OTTO, "close"),
]


def gaps(rows: list[Entry], people: People = NOBODY, ended_at: datetime | None = None) -> list[Gap]:
    return gaps_of(rows, captured_at=NOON, ended_at=ended_at, people=people)


def away(person: str, since: datetime, to: datetime | None = None, deputy: str | None = None) -> People:
    changes = [(since, False, deputy)] + ([(to, True, None)] if to else [])
    return People({person: absences_of(changes)}, frozenset({person}), frozenset(), announced=False)


def test_a_whole_history_has_no_gap() -> None:
    assert gaps(WHOLE, ended_at=at(20)) == []


def test_every_instant_of_it_has_one_owner() -> None:
    owners = owners_of(WHOLE, at(20))
    assert [(o.number, o.since, o.to) for o in owners] == [
        (1, at(0), at(1)),
        (2, at(1), at(6)),
        (3, at(6), at(9)),
        (4, at(9), at(20)),
    ]
    for minutes in range(20):
        assert owner_at(owners, at(minutes)) is not None
    assert owner_at(owners, at(20)) is None
    assert owner_at(owners, at(-1)) is None


def test_an_event_that_is_said_again_is_entered_once() -> None:
    first = entered(Journey(), heard(captured(), id="1"))
    assert entered(first, heard(captured(), id="1", at=at(9))) == first


@given(st.permutations(WHOLE))
def test_the_order_in_which_rows_come_makes_no_difference(rows: list[Entry]) -> None:
    assert owners_of(rows, at(20)) == owners_of(WHOLE, at(20))
    for missing in range(len(rows)):
        some = rows[:missing] + rows[missing + 1 :]
        assert gaps(some) == gaps(sorted(some, key=lambda one: one.at))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_event_that_is_swallowed_leaves_a_hole(number: int) -> None:
    rows = [one for one in WHOLE if one.number != number]
    [hole] = gaps(rows, ended_at=at(20))
    assert hole.cause == "hole"
    assert hole.until is not None
    assert hole.until > hole.since


def test_a_hole_lasts_from_the_last_sure_owner_until_the_custodian_has_spoken() -> None:
    rows = [OPEN, row(3, 6)]
    assert gaps(rows) == [Gap("hole", 3, at(0), at(6), None, "number 1 is followed by 3")]
    [healed] = gaps([*rows, row(3, 8, RITA, "confirm")])
    assert (healed.since, healed.until) == (at(0), at(8))


def test_a_confirmation_of_an_older_number_heals_nothing() -> None:
    [hole] = gaps([OPEN, row(3, 6), row(1, 8, INTAKE, "confirm")])
    assert hole.until is None


def test_the_next_number_heals_a_hole_too() -> None:
    [hole] = gaps([OPEN, row(3, 6), row(4, 7)])
    assert hole.until == at(7)


def test_what_was_missing_and_comes_late_was_no_hole() -> None:
    assert gaps([OPEN, row(3, 6), row(2, 1)]) == []


def test_a_number_that_only_its_confirmation_tells_counts_from_there() -> None:
    rows = [OPEN, row(2, 4, RITA, "confirm"), row(3, 6)]
    assert gaps(rows) == []
    assert [(o.number, o.since) for o in owners_of(rows, None)] == [(1, at(0)), (2, at(4)), (3, at(6))]


def test_a_lead_that_was_captured_without_an_owner_is_a_gap_at_once() -> None:
    assert gaps([]) == [Gap("no entry", 0, NOON, NOON, None)]


def test_a_lead_that_nobody_opened_has_a_hole_before_its_first_number() -> None:
    [hole] = gaps([row(2, 3)])
    assert (hole.since, hole.number) == (NOON, 2)


def test_two_owners_under_one_number_are_none() -> None:
    other = Entry(2, "take", OTTO, at(2), "why", "another", "baton.recycle")
    [gap] = gaps([OPEN, row(2, 1), other])
    assert (gap.cause, gap.since, gap.until) == ("two holders", at(2), None)


@pytest.mark.parametrize("holder", [None, Holder("queue", "inside", "")])
def test_a_holder_without_a_name_is_none(holder: Holder | None) -> None:
    [gap] = gaps([OPEN, row(2, 1, holder), row(3, 4)])
    assert (gap.cause, gap.since, gap.until) == ("no holder", at(1), at(4))


# ---- people


def test_a_holder_who_left_is_a_gap_until_somebody_else_has_it() -> None:
    rows = [OPEN, row(2, 1)]
    [gap] = gaps(rows, away(RITA.answers, at(10)))
    assert (gap.cause, gap.since, gap.until) == ("inactive", at(10), None)
    [gap] = gaps([*rows, row(3, 12, OTTO)], away(RITA.answers, at(10)))
    assert gap.until == at(12)


def test_handed_over_in_the_instant_of_leaving_there_is_no_gap() -> None:
    assert gaps([OPEN, row(2, 1), row(3, 10, OTTO)], away(RITA.answers, at(10))) == []


def test_who_is_given_a_lead_after_leaving_never_held_it() -> None:
    [gap] = gaps([OPEN, row(2, 12)], away(RITA.answers, at(10)))
    assert gap.since == at(12)


def test_who_comes_back_answers_again() -> None:
    [gap] = gaps([OPEN, row(2, 1)], away(RITA.answers, at(10), at(15)))
    assert gap.until == at(15)


def test_the_deputy_answers_for_a_leavers_open_offer() -> None:
    rows = [OPEN, row(2, 1), row(2, 5, RITA, "offer")]
    assert gaps(rows, away(RITA.answers, at(10), deputy="ines@acme.example")) == []
    assert gaps(rows, away(RITA.answers, at(10))) != [], "without a deputy nobody does"
    assert gaps(rows, away(RITA.answers, at(3), deputy="ines@acme.example")) != [], (
        "it left before it offered"
    )


def test_who_is_named_by_the_agreement_is_active_by_that() -> None:
    people = People(
        {RITA.answers: absences_of([(at(0), False, None)])},
        frozenset({RITA.answers}),
        frozenset({RITA.answers}),
        announced=True,
    )
    assert gaps([OPEN, row(2, 1)], people) == []


def test_somebody_whom_routing_never_named_is_nobody_once_it_has_named_its_people() -> None:
    announced = People({}, frozenset({OTTO.answers}), frozenset(), announced=True)
    [gap] = gaps([OPEN, row(2, 1)], announced)
    assert gap.cause == "unknown person"
    assert gaps([OPEN, row(2, 1)], NOBODY) == []


def test_absences_are_the_same_in_any_order() -> None:
    changes: list[tuple[datetime, bool, str | None]] = [
        (at(0), True, None),
        (at(5), False, "ines"),
        (at(7), True, None),
        (at(9), False, None),
    ]
    expected = absences_of(changes)
    assert [(one.since, one.to, one.deputy) for one in expected] == [
        (at(5), at(7), "ines"),
        (at(9), None, None),
    ]
    assert absences_of(reversed(changes)) == expected


def test_after_its_end_a_lead_needs_no_owner() -> None:
    [hole] = gaps([OPEN, row(3, 6)], ended_at=at(8))
    assert hole.until == at(8)
    assert gaps([OPEN, row(2, 1)], away(RITA.answers, at(10)), ended_at=at(9)) == []


# ---- rows


@pytest.mark.parametrize(
    ("event", "kind", "holder"),
    [
        (captured(), "open", INTAKE),
        (assigned(2), "take", RITA),
        (given_up(), "offer", RITA),
        (OwnerConfirmed(number=2, holder=RITA), "confirm", RITA),
        (recorded(2), None, None),
    ],
)
def test_only_what_touches_the_baton_gets_a_row(event: Any, kind: str | None, holder: Holder | None) -> None:
    entry = entry_of(heard(event, source="routing"))
    if kind is None:
        assert entry is None
    else:
        assert entry is not None
        assert (entry.kind, entry.holder, entry.topic) == (kind, holder, "baton.routing")
