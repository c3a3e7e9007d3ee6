"""Two processes of ingest on one PostgreSQL at the same moment: nothing is lost, doubled or left behind."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec
import pytest

from services.ingest import handlers
from services.ingest.store import erasing, leads
from shared.baton import Handover
from shared.contracts.ingest import LeadCaptured
from shared.contracts.routing import LeadWon
from shared.effects import CommandRefused
from shared.terms import LeadId
from shared.testing.leads import heard
from tests.service.ingest_crowd import PATIENCE_S, Crowd, Member, arrival, crowd_at, held

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
EMAIL, OTHER, PHONE = "ana@northwind.example", "as@northwind.example", "+351912345678"
TURNS, LAST_TURNS = 60, 15


@pytest.fixture
def crowd(database_url: str) -> Iterator[Crowd]:
    with crowd_at(database_url, 2) as crowd:
        yield crowd


@contextmanager
def stopped(monkeypatch: pytest.MonkeyPatch, module: Any, function: str) -> Iterator[threading.Event]:
    """Whoever calls this first stops before it, until the block ends. Gives the event that it got there."""
    original: Callable[..., Any] = getattr(module, function)
    there, go_on = threading.Event(), threading.Event()

    def stops(*arguments: Any) -> Any:
        if not there.is_set():
            there.set()
            assert go_on.wait(PATIENCE_S), "nobody let it go on"
        return original(*arguments)

    monkeypatch.setattr(module, function, stops)
    try:
        yield there
    finally:
        go_on.set()


def test_the_same_new_person_at_two_doors_is_one_lead(crowd: Crowd) -> None:
    one, other = crowd.members
    with held(one):
        first = crowd.at_once(one.come, "1", email=EMAIL)
        assert one.reached.wait(PATIENCE_S)
        second = crowd.at_once(other.come, "2", email=EMAIL, phone=PHONE)
        crowd.until_somebody_waits()
    assert first.result() == second.result()
    books = crowd.books()
    books.check()
    assert len(books.leads) == 1


def test_the_same_delivery_at_two_doors_is_one_activity(crowd: Crowd) -> None:
    one, other = crowd.members
    with held(one):
        first = crowd.at_once(one.come, "1", email=EMAIL)
        assert one.reached.wait(PATIENCE_S)
        second = crowd.at_once(other.come, "1", email=EMAIL)
        crowd.until_somebody_waits()
    assert first.result() == second.result()
    books = crowd.books()
    books.check()
    assert len(books.deliveries) == len(books.said) == 1


def test_who_comes_while_they_are_forgotten_is_somebody_new_and_known_again(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = crowd.members
    old = one.come("1", email=EMAIL)
    # The identity is locked and still there: who comes now waits for it, and finds it gone.
    with stopped(monkeypatch, erasing, "forget") as there:
        gone = crowd.at_once(one.erase, old)
        assert there.wait(PATIENCE_S)
        new = crowd.at_once(other.come, "2", email=EMAIL)
        crowd.until_somebody_waits()
    gone.result()
    assert new.result() != old
    assert one.come("3", email=EMAIL) == new.result()
    crowd.books().check()


def test_what_is_being_merged_into_a_lead_is_forgotten_with_it(crowd: Crowd) -> None:
    one, other = crowd.members
    older, younger = one.come("1", email=EMAIL), one.come("2", email=OTHER, phone=PHONE)
    with held(one):
        merging = crowd.at_once(one.come, "3", email=EMAIL, phone=PHONE)
        assert one.reached.wait(PATIENCE_S)
        gone = crowd.at_once(other.erase, older)
        crowd.until_somebody_waits()
    merging.result()
    gone.result()
    books = crowd.books()
    books.check()
    assert books.endings == {older: "erased", younger: "erased"}
    assert (books.submissions, books.identities) == ({}, {})


def test_who_begins_again_while_they_are_forgotten_is_forgotten_whole(crowd: Crowd) -> None:
    one, other = crowd.members
    first = one.come("1", email=EMAIL)
    close(one, first)
    with held(one):
        again = crowd.at_once(one.come, "2", email=EMAIL, phone=PHONE)
        assert one.reached.wait(PATIENCE_S)
        gone = crowd.at_once(other.erase, first)
        crowd.until_somebody_waits()
    again.result()
    gone.result()
    books = crowd.books()
    books.check()
    assert set(books.endings.values()) == {"erased"}
    assert books.submissions == {}


def test_who_comes_while_their_lead_is_absorbed_goes_on_as_the_survivor(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = crowd.members
    older, younger = one.come("1", email=EMAIL), one.come("2", email=OTHER, phone=PHONE)
    # One has read where its identity leads; before it has the lead, the other one absorbs it.
    with stopped(monkeypatch, leads, "lock_leads") as there:
        coming = crowd.at_once(one.come, "3", email=OTHER)
        assert there.wait(PATIENCE_S)
        assert other.come("4", email=EMAIL, phone=PHONE) == older
    assert coming.result() == older
    books = crowd.books()
    books.check()
    assert books.endings == {older: None, younger: "merged"}
    assert crowd.repeats == 0, "nobody had to lose a deadlock"


def test_who_comes_while_their_lead_is_forgotten_is_not_found_dead(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = crowd.members
    old = one.come("1", email=EMAIL)
    with stopped(monkeypatch, leads, "lock_leads") as there:
        coming = crowd.at_once(one.come, "2", email=EMAIL)
        assert there.wait(PATIENCE_S)
        other.erase(old)
    assert coming.result() != old
    crowd.books().check()


def close(member: Member, lead: LeadId, seen: int = 100) -> None:
    won = LeadWon(handover=Handover(kind="close", number=3, seen=seen), by="rita@acme.example")
    event = msgspec.structs.replace(heard(won, id=f"won {lead} {seen}", source="routing"), lead=lead)
    member.tx(lambda tx: handlers.on_events(tx, [event]))


class Bustle:
    """What one member does in a busy hour: people come, some twice, some by two names; some go.

    In its last turns it forgets nobody: what was merged and closed is to be there in the end.
    """

    def __init__(self, member: Member, number: int) -> None:
        self.member, self.number, self.dice = member, number, random.Random(number)
        self.known: list[LeadId] = []
        self.answers: list[tuple[str, LeadId | None]] = []
        member.pause = lambda: time.sleep(self.dice.random() / 200)

    def __call__(self) -> None:
        for turn in range(TURNS):
            deed = self.dice.random()
            if deed < 0.8 or not self.known:
                self.take_in(turn)
            elif deed < 0.9 or turn >= TURNS - LAST_TURNS:
                # Of all it has known most are merged or forgotten; of the latest most go on.
                close(self.member, self.dice.choice(self.known[-4:]), self.dice.randint(1, 4))
            else:
                with suppress(CommandRefused):
                    self.member.erase(self.dice.choice(self.known))

    def take_in(self, turn: int) -> None:
        numbers = [self.delivery(turn, place) for place in range(self.dice.randint(1, 6))]
        now = self.member.service.clock.now()
        group = [arrival(number, now, **person_of(number)) for number in numbers]
        answers = self.member.take_in(*group)
        self.answers += zip(numbers, answers, strict=True)
        self.known += [lead for lead in answers if lead]

    def delivery(self, turn: int, place: int) -> str:
        # A third of the deliveries come through every door.
        door = "any" if self.dice.random() < 0.33 else str(self.number)
        return f"{door}/{turn}/{place}"


def person_of(number: str) -> dict[str, str]:
    """What a delivery says: the same each time it comes. Only within a family they share numbers."""
    dice = random.Random(number)
    who, family = dice.randint(1, 3), dice.randint(1, 4)
    email, phone = f"p{who}@family{family}.example", f"+3519123456{family}{dice.randint(1, 2)}"
    which = dice.random()
    return (
        {"email": email}
        if which < 0.5
        else {"phone": phone}
        if which < 0.8
        else {"email": email, "phone": phone}
    )


def all_answers(hours: Iterable[Bustle]) -> dict[str, set[LeadId | None]]:
    answers: dict[str, set[LeadId | None]] = {}
    for hour in hours:
        for number, lead in hour.answers:
            answers.setdefault(number, set()).add(lead)
    return answers


@pytest.mark.slow
def test_a_busy_hour_at_four_doors_adds_up(database_url: str) -> None:
    with crowd_at(database_url, 4) as crowd:
        hours = [Bustle(member, number) for number, member in enumerate(crowd.members)]
        for done in [crowd.at_once(hour) for hour in hours]:
            done.result()
        answers = all_answers(hours)
        books = crowd.books()
        books.check()
        assert all(len(leads) == 1 for leads in answers.values()), "a delivery was answered in two ways"
        assert {f"crm/id:{number}/0" for number in answers} <= books.deliveries.keys()
        assert set(books.endings.values()) == {None, "closed", "merged", "erased"}, "not everything happened"
        assert any(isinstance(one.event, LeadCaptured) and one.event.earlier for one in books.said)
        print(f"{len(books.endings)} leads, {len(books.said)} events, {crowd.repeats} repeats")
