"""Whose lead is it: new, known, or two that were one; alone and within one group."""

import dataclasses
from datetime import UTC, datetime

from msgspec.structs import replace

from services.ingest.domain.admit import (
    Admitted,
    Candidate,
    Captured,
    ConsentGiven,
    Merged,
    Outcome,
    Recorded,
    Repeated,
    Updated,
    admit,
)
from services.ingest.domain.delivery import delivery_of, lead_id
from services.ingest.domain.identity import Identity, identities
from services.ingest.domain.known import Known
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.sources import Kind, Source
from shared.contracts.values import Person
from shared.terms import Consent, LeadId

NOW = datetime(2026, 1, 5, 9, 12, 44, tzinfo=UTC)
EMAIL, PHONE = Identity("email", "ana@northwind.example"), Identity("phone", "+351210000000")
OWN_ID = Identity("own_id", "crm:7")


def candidate(key: str, source: str = "crm", **row: object) -> Candidate:
    said = submission_from(Source(source, Kind.STANDARD), row, NOW)
    delivery = delivery_of(source, key)
    return Candidate(said, delivery, lead_id(delivery), identities(said))


def by_email(key: str, **row: object) -> Candidate:
    return candidate(key, "crm", email="ana@northwind.example", **row)


def by_phone(key: str, **row: object) -> Candidate:
    return candidate(key, "crm", phone="+351210000000", **row)


def by_both(key: str, **row: object) -> Candidate:
    return candidate(key, "crm", email="ana@northwind.example", phone="+351210000000", **row)


def let_in(*group: Candidate, known: dict[Identity, Known] | None = None) -> Admitted:
    return admit(group, known or {}, {}, born=100)


def kinds(outcomes: tuple[Outcome, ...]) -> list[type[Outcome]]:
    return [type(outcome) for outcome in outcomes]


def lead(name: str, born: int, seq: int = 1, **parts: object) -> Known:
    return replace(Known(LeadId(name), born, seq), **parts)  # type: ignore[arg-type]  # a test names what it is about


def test_a_person_nobody_knows_is_captured_with_their_first_activity() -> None:
    one = by_email("1", name="Ana Silva", activity={"type": "demo_requested"})
    admitted = let_in(one)
    [admission] = admitted.admissions
    [captured] = admission.outcomes
    assert isinstance(captured, Captured)
    assert (captured.lead.id, captured.lead.seq, captured.earlier) == (one.lead, 1, None)
    assert (captured.activity.seq, captured.activity.type) == (1, "demo_requested")
    assert captured.lead.person.name == "Ana Silva"
    assert captured.lead.said_by == {"name": "crm", "email": "crm", "company.domain": "crm"}
    assert admitted.leads == {one.lead: captured.lead}
    assert admitted.identities == {EMAIL: one.lead}
    assert admitted.follow == {}


def test_a_known_lead_that_only_acts_is_only_recorded() -> None:
    known = {EMAIL: let_in(by_email("1")).leads[by_email("1").lead]}
    admitted = let_in(by_email("2", activity={"type": "page_viewed"}), known=known)
    [recorded] = admitted.admissions[0].outcomes
    assert isinstance(recorded, Recorded)
    assert (recorded.lead, recorded.activity.seq) == (by_email("1").lead, 2)
    assert admitted.leads[recorded.lead].seq == 2


def test_what_a_known_lead_tells_anew_is_updated_with_who_said_it() -> None:
    first = let_in(by_email("1", title="Head of Ops", country="PT"))
    known = {EMAIL: next(iter(first.leads.values()))}
    again = candidate("2", "website", email="ana@northwind.example", title="COO", region="PT-11")
    updated, recorded = let_in(again, known=known).admissions[0].outcomes
    assert isinstance(updated, Updated)
    assert isinstance(recorded, Recorded)
    assert updated.said_by == {"title": "website", "region": "website"}
    assert updated.lead.person == Person(title="COO", country="PT", region="PT-11")
    assert updated.lead.said_by["country"] == "crm"
    assert updated.lead.seq == recorded.activity.seq == 2


def test_the_same_lead_twice_in_one_group_is_one_lead() -> None:
    one, two = by_email("1"), by_email("2", title="COO")
    admitted = let_in(one, two)
    assert [a.lead for a in admitted.admissions] == [one.lead, one.lead]
    assert kinds(admitted.admissions[1].outcomes) == [Updated, Recorded]
    assert [(known.id, known.seq) for known in admitted.leads.values()] == [(one.lead, 2)]


def test_the_same_delivery_twice_in_one_group_happens_once() -> None:
    admitted = let_in(by_email("1"), by_email("1", title="COO"))
    assert admitted.admissions[1].outcomes == (Repeated(by_email("1").lead),)
    assert [known.seq for known in admitted.leads.values()] == [1]


def test_a_delivery_that_came_before_says_nothing() -> None:
    one = by_email("1")
    admitted = admit([one], {}, {one.delivery: LeadId("old")}, born=100)
    assert admitted.admissions[0].outcomes == (Repeated(LeadId("old")),)
    assert (admitted.leads, admitted.identities) == ({}, {})


def test_two_leads_that_turn_out_to_be_one_leave_the_older() -> None:
    old, young = lead("old", 1, 3), lead("young", 2, person=Person(title="COO"), said_by={"title": "shop"})
    admitted = let_in(by_both("3"), known={PHONE: young, EMAIL: old})
    merged, updated, recorded = admitted.admissions[0].outcomes
    assert merged == Merged(survivor=LeadId("old"), absorbed=LeadId("young"), proof=PHONE)
    assert isinstance(updated, Updated)
    assert (updated.lead.person.title, updated.said_by["title"]) == ("COO", "shop")
    assert isinstance(recorded, Recorded)
    assert (recorded.lead, recorded.activity.seq) == ("old", 4)
    assert admitted.follow == {"young": "old"}
    assert admitted.identities == {EMAIL: "old", PHONE: "old"}
    assert admitted.leads[LeadId("young")].merged_into == "old"


def test_the_survivors_own_words_stand() -> None:
    old, young = lead("old", 1, person=Person(title="CEO")), lead("young", 2, person=Person(title="COO"))
    admitted = let_in(by_both("3"), known={PHONE: young, EMAIL: old})
    assert admitted.leads[LeadId("old")].person.title == "CEO"


def test_three_leads_of_one_person_end_in_the_oldest() -> None:
    known = {EMAIL: lead("b", 2), PHONE: lead("c", 3), OWN_ID: lead("a", 1)}
    everything = candidate("4", email="ana@northwind.example", phone="+351210000000", own_id="7")
    admitted = let_in(everything, known=known)
    assert [(o.survivor, o.absorbed) for o in admitted.admissions[0].outcomes if isinstance(o, Merged)] == [
        ("a", "b"),
        ("a", "c"),
    ]
    assert set(admitted.identities.values()) == {"a"}


def test_a_chain_of_merges_within_a_group_ends_in_one_root() -> None:
    known = {PHONE: lead("b", 2), EMAIL: lead("c", 3), OWN_ID: lead("a", 1)}
    own_and_phone = candidate("5", phone="+351210000000", own_id="7")
    admitted = let_in(by_both("4"), own_and_phone, by_email("6"), known=known)
    assert kinds(admitted.admissions[0].outcomes)[0] is Merged
    assert kinds(admitted.admissions[1].outcomes)[0] is Merged
    assert [a.lead for a in admitted.admissions] == ["b", "a", "a"]
    assert admitted.follow == {"c": "a", "b": "a"}
    assert set(admitted.identities.values()) == {"a"}


def test_two_leads_captured_in_the_same_group_may_turn_out_to_be_one() -> None:
    one, two = by_phone("1"), by_email("2")
    admitted = let_in(one, two, by_both("3"))
    merged = admitted.admissions[2].outcomes[0]
    assert merged == Merged(survivor=one.lead, absorbed=two.lead, proof=EMAIL)
    assert admitted.leads[two.lead].merged_into == one.lead


def test_after_closing_a_new_lead_starts_that_knows_who_it_is() -> None:
    person = Person(name="Ana Silva", country="PT")
    over = lead("over", 1, 9, closed=True, closed_as_no_lead=True, person=person, said_by={"name": "shop"})
    one = by_phone("2", title="COO")
    admitted = let_in(one, known={PHONE: over})
    [captured] = admitted.admissions[0].outcomes
    assert isinstance(captured, Captured)
    assert captured.earlier is over
    new = captured.lead
    assert (new.id, new.seq, new.earlier, new.closed, new.closed_as_no_lead) == (
        one.lead,
        1,
        "over",
        False,
        False,
    )
    assert (new.person.name, new.person.title, new.said_by["name"]) == ("Ana Silva", "COO", "shop")
    assert admitted.follow == {"over": one.lead}
    assert LeadId("over") not in admitted.leads


def test_within_a_group_the_successor_of_a_closed_lead_is_found_by_all_its_identities() -> None:
    over = lead("over", 1, closed=True)
    one = by_phone("2")
    admitted = let_in(one, by_email("3"), known={PHONE: over, EMAIL: over})
    assert kinds(admitted.admissions[1].outcomes) == [Updated, Recorded]
    assert admitted.admissions[1].lead == one.lead


def test_a_closed_lead_beside_a_living_one_gives_up_its_identities_and_is_not_merged() -> None:
    over, living = lead("over", 1, closed=True), lead("living", 2)
    admitted = let_in(by_both("3"), known={PHONE: over, EMAIL: living})
    assert Merged not in kinds(admitted.admissions[0].outcomes)
    assert admitted.admissions[0].lead == "living"
    assert admitted.follow == {"over": "living"}


def test_of_several_closed_leads_the_latest_is_the_earlier_one() -> None:
    known = {PHONE: lead("first", 1, closed=True), EMAIL: lead("last", 2, closed=True)}
    [captured] = let_in(by_both("3"), known=known).admissions[0].outcomes
    assert isinstance(captured, Captured)
    assert captured.lead.earlier == "last"


def test_consent_changes_by_a_yes_or_a_no_and_never_by_silence() -> None:
    known = {EMAIL: lead("a", 1, consent=Consent.GRANTED)}
    silent = let_in(by_email("2"), known=known).admissions[0].outcomes
    assert ConsentGiven not in kinds(silent)
    refused = let_in(by_email("3", consent="unsubscribed"), known=known)
    assert ConsentGiven(LeadId("a"), Consent.GRANTED, Consent.DENIED, "crm/3/0", "crm") in (
        refused.admissions[0].outcomes
    )
    assert refused.leads[LeadId("a")].consent is Consent.DENIED


def test_a_refusal_survives_a_merge_and_a_closing() -> None:
    refused = lead("b", 2, consent=Consent.DENIED)
    merged = let_in(by_both("3"), known={EMAIL: lead("a", 1, consent=Consent.GRANTED), PHONE: refused})
    assert ConsentGiven in kinds(merged.admissions[0].outcomes)
    assert merged.leads[LeadId("a")].consent is Consent.DENIED
    [captured] = let_in(by_phone("4"), known={PHONE: replace(refused, closed=True)}).admissions[0].outcomes
    assert isinstance(captured, Captured)
    assert captured.lead.consent is Consent.DENIED


def test_what_a_closed_lead_told_and_refused_stays_with_the_person() -> None:
    over = lead("over", 1, closed=True, consent=Consent.DENIED, person=Person(country="PT"))
    beside_living = let_in(by_both("3"), known={PHONE: over, EMAIL: lead("living", 2)}).leads
    living = beside_living[LeadId("living")]
    assert (living.person.country, living.consent) == ("PT", Consent.DENIED)
    [captured] = (
        let_in(by_both("4"), known={PHONE: over, EMAIL: lead("b", 2, closed=True)}).admissions[0].outcomes
    )
    assert isinstance(captured, Captured)
    assert (captured.lead.person.country, captured.lead.consent) == ("PT", Consent.DENIED)


def test_whoever_says_yes_anew_may_be_written_to_again() -> None:
    admitted = let_in(by_email("2", consent="yes"), known={EMAIL: lead("a", 1, consent=Consent.DENIED)})
    assert admitted.leads[LeadId("a")].consent is Consent.GRANTED


def test_a_part_of_a_name_makes_the_full_name_anew() -> None:
    ana = lead("a", 1, person=Person(name="Ana Silva", first_name="Ana", last_name="Silva"))
    admitted = let_in(by_email("2", last_name="Sousa"), known={EMAIL: ana})
    assert admitted.leads[LeadId("a")].person.name == "Ana Sousa"
    unsplit = lead("a", 1, person=Person(name="Ana Silva"))
    admitted = let_in(by_email("3", first_name="Ana"), known={EMAIL: unsplit})
    assert admitted.leads[LeadId("a")].person.name == "Ana Silva"


def test_an_interest_is_kept_with_the_lead_it_started() -> None:
    one = dataclasses.replace(by_email("1"), interest="cards")
    assert let_in(one).leads[one.lead].interest == "cards"
