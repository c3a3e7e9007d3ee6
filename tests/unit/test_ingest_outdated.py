"""What was said earlier fills gaps, and overwrites nothing that was said later, whenever it comes."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.domain.admit import Updated
from services.ingest.domain.known import Known, consenting, joined, told
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import Submission
from shared.contracts.values import Company, Person
from shared.terms import Consent, LeadId
from tests.unit.test_ingest_admit import EMAIL, NOW, by_email, let_in


def said(days_ago: int, source: str = "crm", **row: object) -> Submission:
    at = {"activity.at": (NOW - timedelta(days=days_ago)).isoformat()}
    found = submission_from(Source(source, Kind.STANDARD), {"own_id": "7", **row, **at}, NOW)
    assert isinstance(found, Submission)
    return found


def known(*submissions: Submission, lead: str = "ana", born: int = 1) -> Known:
    state = Known(LeadId(lead), born)
    for one in submissions:
        state = told(state, one)
    return state


def test_what_comes_late_fills_what_is_missing_and_overwrites_nothing() -> None:
    ana = known(said(1, title="COO"), said(9, "shop", title="Buyer", region="Lisbon"))
    assert (ana.person.title, ana.person.region) == ("COO", "Lisbon")
    assert (ana.said_by["title"], ana.said_by["region"]) == ("crm", "shop")


def test_what_was_said_again_was_said_then() -> None:
    assert known(said(9, title="COO"), said(1, title="COO"), said(5, title="Buyer")).person.title == "COO"


def test_what_comes_of_the_same_instant_replaces_what_came_before() -> None:
    assert known(said(1, title="Buyer"), said(1, title="COO")).person.title == "COO"


@pytest.mark.parametrize("later", [{"name": "Ana Silva"}, {"first_name": "Ana", "last_name": "Silva"}])
@pytest.mark.parametrize("earlier", [{"name": "A. Costa"}, {"first_name": "Anna"}, {"last_name": "Costa"}])
def test_a_part_of_an_earlier_name_contradicts_no_later_one(
    later: dict[str, str], earlier: dict[str, str]
) -> None:
    assert known(said(1, **later), said(9, **earlier)).person == known(said(1, **later)).person


def test_what_was_said_earlier_of_another_company_says_nothing_of_this_one() -> None:
    now = {"company.domain": "acme.example", "company.name": "Acme"}
    before = {"company.domain": "globex.example", "company.employees": "5000"}
    assert known(said(1, **now), said(9, **before)).company == Company(name="Acme", domain="acme.example")
    same = {"company.domain": "acme.example", "company.employees": "50"}
    assert known(said(1, **now), said(9, **same)).company.employees == 50


WORDS = st.dictionaries(
    st.sampled_from(["title", "region", "company.industry", "email"]), st.sampled_from("abc")
)


@given(st.lists(WORDS, max_size=5), st.randoms())
@settings(max_examples=60, deadline=None)
def test_in_whichever_order_it_comes_the_same_is_known(rows: list[dict[str, str]], dice: object) -> None:
    mails = [{k: f"{v}@acme.example" if k == "email" else v for k, v in row.items()} for row in rows]
    in_order = [said(len(rows) - n, f"s{n}", **row) for n, row in enumerate(mails)]
    shuffled = list(in_order)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    one, other = known(*in_order), known(*shuffled)
    assert (one.person, one.email, one.company) == (other.person, other.email, other.company)


def test_which_own_id_is_outdated_is_asked_of_its_own_source() -> None:
    of_crm = said(1, own_id="7")
    assert known(of_crm, said(9, "shop", own_id="s1"), said(5, own_id="6")).own_ids["crm"] == "7"
    assert known(said(9, "shop", own_id="s1"), of_crm, said(5, "shop", own_id="s2")).own_ids["shop"] == "s2"


# ---- two that are one


@pytest.mark.parametrize(("survivor", "absorbed", "title"), [(9, 1, "COO"), (1, 9, "Buyer"), (3, 3, "Buyer")])
def test_of_two_leads_that_are_one_what_was_said_later_is_known(
    survivor: int, absorbed: int, title: str
) -> None:
    old = known(said(survivor, title="Buyer", region="Lisbon"), lead="old")
    young = known(said(absorbed, "shop", title="COO", country="PT"), lead="young", born=2)
    both = joined(old, young)
    assert (both.person.title, both.person.region, both.person.country) == (title, "Lisbon", "PT")
    assert both.said_by["title"] == ("shop" if title == "COO" else "crm")
    assert told(both, said(6, title="Intern")).person.title == title, "and it is known when that was said"


def test_where_nobody_knows_when_it_was_said_the_older_lead_is_believed() -> None:
    old, young = (
        Known(LeadId("old"), 1, person=Person(title="Buyer")),
        known(said(1, title="COO"), lead="young"),
    )
    assert joined(old, young).person.title == "Buyer"


# ---- consent


@pytest.mark.parametrize(("days_ago", "consent"), [(9, Consent.DENIED), (1, Consent.GRANTED)])
def test_a_yes_overturns_a_refusal_only_if_it_was_said_later(days_ago: int, consent: Consent) -> None:
    ana = consenting(known(said(9)), Consent.DENIED, NOW - timedelta(days=5))
    at = (NOW - timedelta(days=days_ago)).isoformat()
    [lead] = let_in(
        by_email("2", consent="granted", **{"activity.at": at}), known={EMAIL: ana}
    ).leads.values()
    assert lead.consent is consent


def test_a_refusal_counts_whenever_it_was_said() -> None:
    ana = consenting(known(said(9)), Consent.GRANTED, NOW - timedelta(days=5))
    at = (NOW - timedelta(days=9)).isoformat()
    [lead] = let_in(by_email("2", consent="denied", **{"activity.at": at}), known={EMAIL: ana}).leads.values()
    assert lead.consent is Consent.DENIED


def test_a_refusal_that_comes_late_does_not_make_the_latest_one_older() -> None:
    ana = consenting(known(said(9)), Consent.DENIED, NOW - timedelta(days=1))
    known_again = told(ana, said(9, consent="denied"))
    at = (NOW - timedelta(days=5)).isoformat()
    yes = by_email("2", consent="granted", **{"activity.at": at})
    assert [one.consent for one in let_in(yes, known={EMAIL: known_again}).leads.values()] == [Consent.DENIED]


@pytest.mark.parametrize("turned", [False, True])
def test_of_two_refusals_of_leads_that_are_one_the_later_one_counts(turned: bool) -> None:
    old = consenting(known(said(9), lead="old"), Consent.DENIED, NOW - timedelta(days=7))
    young = consenting(known(said(9), lead="young", born=2), Consent.DENIED, NOW - timedelta(days=3))
    both = joined(young, old) if turned else joined(old, young)
    at = (NOW - timedelta(days=5)).isoformat()
    yes = by_email("2", consent="granted", **{"activity.at": at})
    assert [one.consent for one in let_in(yes, known={EMAIL: both}).leads.values()] == [Consent.DENIED]


def test_of_two_leads_that_are_one_a_yes_that_was_said_after_the_refusal_counts() -> None:
    old = consenting(known(said(9), lead="old"), Consent.DENIED, NOW - timedelta(days=7))
    young = consenting(known(said(9), lead="young", born=2), Consent.GRANTED, NOW - timedelta(days=1))
    at = (NOW - timedelta(days=5)).isoformat()
    yes = by_email("2", consent="granted", **{"activity.at": at})
    again = let_in(yes, known={EMAIL: joined(old, young)}).leads.values()
    assert [one.consent for one in again] == [Consent.GRANTED]


def test_nothing_is_said_to_have_changed_by_what_is_outdated() -> None:
    ana = known(said(1, title="COO", email="ana@northwind.example"))
    at = (NOW - timedelta(days=9)).isoformat()
    admitted = let_in(by_email("2", title="Buyer", **{"activity.at": at}), known={EMAIL: ana})
    assert not [one for one in admitted.admissions[0].outcomes if isinstance(one, Updated)]
