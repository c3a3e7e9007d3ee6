"""One person at several doors at the same moment, each time for something else: consent is one even so."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest

from services.ingest import handlers
from services.ingest.domain.persons import Persons
from shared.agreement.building.parts import Interests
from shared.contracts.ingest import ConsentChanged, LeadCaptured
from shared.effects import CommandRefused
from shared.terms import Consent, LeadId
from tests.service.ingest_crowd import PATIENCE_S, Books, Crowd, Member, arrival, crowd_at, held
from tests.service.ingest_place import STARTER

pytestmark = pytest.mark.parametrize(
    "database_kind", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
BY_PRODUCT = replace(STARTER, interests=Interests("activity.product", "general"))
GENERIC_AFTER = 12
"""More often than PostgreSQL would want before it keeps a plan by itself."""
EMAIL, PHONE = "ana@northwind.example", "+351912345678"


@pytest.fixture
def crowd(database_url: str) -> Iterator[Crowd]:
    with crowd_at(database_url, 2, BY_PRODUCT) as crowd:
        yield crowd


def tell(member: Member, lead: LeadId, consent: Consent, name: str) -> None:
    said = ConsentChanged(consent=consent, source="crm")
    word = handlers.Word(name, "crm", name.encode())
    member.tx(lambda tx: handlers.set_consent(tx, word, lead, said))


def test_who_refuses_at_one_door_and_is_new_at_another_has_refused(crowd: Crowd) -> None:
    one, other = crowd.members
    with held(one):
        refusing = crowd.at_once(one.come, "1", email=EMAIL, interest="planner", consent="denied")
        assert one.reached.wait(PATIENCE_S)
        asking = crowd.at_once(other.come, "2", email=EMAIL, phone=PHONE, interest="insight")
        crowd.until_somebody_waits()
    assert refusing.result() != asking.result()
    check(crowd.books())


def test_what_is_just_being_asked_for_is_reached_by_a_refusal_of_all_else(crowd: Crowd) -> None:
    one, other = crowd.members
    planner = one.come("1", email=EMAIL, interest="planner", consent="granted")
    with held(one):
        asking = crowd.at_once(one.come, "2", email=EMAIL, interest="insight")
        assert one.reached.wait(PATIENCE_S)
        refusing = crowd.at_once(tell, other, planner, Consent.DENIED, "refused")
        crowd.until_somebody_waits()
    refusing.result()
    books = crowd.books()
    assert {books.leads[lead].consent for lead in (planner, asking.result())} == {Consent.DENIED}
    check(books)


def test_whoever_comes_is_found_without_reading_of_everybody(crowd: Crowd) -> None:
    member = crowd.members[0]
    others = "SELECT 'email', 'x' || g, '', 'x' || g FROM generate_series(1, 5000) g"
    with psycopg.connect(crowd.url.replace("+psycopg", ""), autocommit=True) as outside:
        outside.execute("VACUUM (ANALYZE) ingest_identities")  # Plans are made for a table that is empty.
        for n in range(GENERIC_AFTER):
            member.come(str(n), email=EMAIL, interest=f"planner {n % 2}")
        outside.execute(f"INSERT INTO ingest_identities {others}")
    before = rows_read(member)
    member.come("again", email=EMAIL, interest="planner 0")
    assert 0 < rows_read(member) - before < 500


def rows_read(member: Member) -> int:
    """How many rows, and entries of indexes, this member has read until now to find identities."""
    tables = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'ingest_identities'"
    indexes = "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = 'ingest_identities'"
    member.tx(lambda tx: tx.conn.exec_driver_sql("SELECT pg_stat_force_next_flush()").all())
    query = f"SELECT ({tables}) + ({indexes})"
    return member.tx(lambda tx: int(tx.conn.exec_driver_sql(query).scalar_one()))


@pytest.mark.slow
def test_after_a_busy_hour_every_person_has_one_consent(database_url: str) -> None:
    with crowd_at(database_url, 4, BY_PRODUCT) as crowd:
        for done in [crowd.at_once(hour, member, n) for n, member in enumerate(crowd.members)]:
            done.result()
        books = crowd.books()
        check(books)
        said = {one.event.consent for one in books.said if isinstance(one.event, ConsentChanged)}
        assert said >= {Consent.DENIED, Consent.GRANTED}
        several = [consents for leads, consents in persons(books) if len(leads) > 1]
        assert any(consents != {Consent.UNKNOWN} for consents in several), "no two leads had to agree"
        print(f"{len(books.leads)} leads, {len(books.said)} events, {crowd.repeats} repeats")


def hour(member: Member, number: int) -> None:
    """They come, for this or that, by this or that; now and then somebody is told of, merged or forgotten."""
    dice, known = random.Random(number), list[LeadId]()
    member.pause = lambda: time.sleep(dice.random() / 200)
    for turn in range(60):
        name, deed = f"{number}/{turn}", dice.random()
        with suppress(CommandRefused):
            if deed < 0.8 or not known:
                known += come_together(member, name, dice)
            elif deed < 0.9:
                tell(member, dice.choice(known), dice.choice(list(Consent)), name)
            elif deed < 0.97:
                merge(member, dice.choice(known), dice.choice(known), name)
            else:
                member.erase(dice.choice(known))


def come_together(member: Member, name: str, dice: random.Random) -> list[LeadId]:
    now = member.service.clock.now()
    group = [arrival(f"{name}/{n}", now, **somebody(dice)) for n in range(dice.randint(1, 6))]
    return [lead for lead in member.take_in(*group) if lead]


def somebody(dice: random.Random) -> dict[str, str]:
    """What one of a few people says, who are known by an address, a number or both; two share a number."""
    who, family = dice.randint(1, 2), dice.randint(0, 9)
    by = {"email": f"p{who}@family{family}.example", "phone": f"+35191234567{family}"}
    if dice.random() < 0.7:
        by.pop(dice.choice(["email", "phone"]))
    consent = dice.choice(["", "", "granted", "denied"])
    return {**by, "interest": dice.choice(["planner", "insight"]), "consent": consent}


def merge(member: Member, one: LeadId, other: LeadId, name: str) -> None:
    word = handlers.Word(name, "crm", name.encode())
    member.tx(lambda tx: handlers.merge(tx, word, one, other))


def check(books: Books) -> None:
    """All leads of a person that go on have one consent, and it is what was said of each last."""
    for leads, consents in persons(books):
        assert len(consents) == 1, f"{leads}: {consents}"
    said: dict[LeadId, Consent] = {}
    for one in books.said:
        if isinstance(one.event, (LeadCaptured, ConsentChanged)):
            said[one.lead] = one.event.consent
    for lead, ending in books.endings.items():
        assert ending is not None or books.leads[lead].consent is said[lead]


def persons(books: Books) -> list[tuple[set[LeadId], set[Consent]]]:
    """By identity, all leads of that person, and which consents these have."""
    persons = Persons()
    for identity, lead in books.identities.items():
        persons.note(lead, [identity])
    theirs = [persons.leads_of([identity]) for identity in books.identities]
    return [(leads, {books.leads[lead].consent for lead in leads}) for leads in theirs]
