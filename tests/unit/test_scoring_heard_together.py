"""What a lead did, heard together, is judged as seldom as that leads to the same."""

from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.domain.activities import recorded
from services.scoring.domain.model import ScoredLead
from shared.agreement import Agreement, load_text
from shared.contracts.envelope import Event, Heard
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.scoring import LeadCooled, LeadQualified, LeadScored
from shared.contracts.values import Activity, Company, Person
from shared.effects import Say
from shared.testing.leads import NOON, activity, captured, heard
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told, assigned

BY_ACTIVITY: Final = load_text(TEXT.replace("{source: partner-portal}", "{activity.type: partner_asked}"))
NEVER_COOLS: Final = load_text(TEXT.replace("  cools_below: 45\n", ""))
AGREEMENTS: Final = st.sampled_from([AGREEMENT, BY_ACTIVITY, NEVER_COOLS])
FITTING: Final = Company(industry="software")
LARGER: Final = Company(industry="software", employees=200)
COMPANIES: Final = st.sampled_from([FITTING, LARGER, Company()])
KINDS: Final = ("form_submitted", "page_viewed", "email_unsubscribed", "demo_requested", "partner_asked", "x")
HISTORIES: Final = st.lists(st.tuples(st.sampled_from(KINDS[:3]), st.integers(0, 30)), max_size=4)
RUNS: Final = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(-2, 30)), min_size=1, max_size=6)
LATER: Final = st.integers(0, 30).map(lambda days: NOON + timedelta(days=days))


def a_lead(
    by: Agreement, history: list[tuple[str, int]], *, taken: bool = False, company: Company = FITTING
) -> Told:
    told = Told(by)
    told.hear(captured(first=activity(1), company=company, person=Person(country="PT")))
    told.hear(*done(history, 2))
    if taken:
        told.hear(assigned())
    return told


def done(what: list[tuple[str, int]], first: int) -> list[ActivityRecorded]:
    return [
        ActivityRecorded(
            activity=Activity(seq=seq, type=kind, at=NOON - timedelta(days=days), source="website")
        )
        for seq, (kind, days) in enumerate(what, first)
    ]


def together(
    lead: ScoredLead, events: list[ActivityRecorded], by: Agreement, now: datetime
) -> tuple[ScoredLead, list[Event], list[Heard[Any]]]:
    said, causes = [], []
    for cause, decision in recorded(lead, [heard(one) for one in events], by, now):
        lead = decision.state
        said += [effect.event for effect in decision.effects if isinstance(effect, Say)]
        causes.append(cause)
    return lead, said, causes


def turns(said: list[Event]) -> list[type[Event]]:
    return [type(event) for event in said if not isinstance(event, LeadScored)]


def as_it_is(lead: ScoredLead) -> dict[str, Any]:
    return {
        name: getattr(lead, name) for name in lead.__struct_fields__ if name not in ("receipts", "handed")
    }


@settings(deadline=None, max_examples=300)
@given(HISTORIES, st.booleans(), COMPANIES, RUNS, AGREEMENTS, LATER)
def test_heard_together_it_becomes_what_it_becomes_one_by_one(
    history: list[tuple[str, int]],
    taken: bool,
    company: Company,
    run: list[tuple[str, int]],
    by: Agreement,
    now: datetime,
) -> None:
    told, events = a_lead(by, history, taken=taken, company=company), done(run, len(history) + 2)
    lead, said, _ = together(told.lead, events, by, now)
    one_by_one = told.hear(*events, at=now)
    assert as_it_is(lead) == as_it_is(told.lead)
    assert turns(said) == turns(one_by_one)
    assert len(said) <= len(one_by_one)


def test_of_scores_that_only_rise_at_one_instant_the_last_is_said() -> None:
    told = a_lead(AGREEMENT, [])
    visits = done([("page_viewed", 1), ("page_viewed", 0), ("nothing_known", 0)], 2)
    lead, said, causes = together(told.lead, visits, AGREEMENT, NOON)
    assert [type(event) for event in said] == [LeadScored]
    assert lead.receipts == told.lead.receipts + 1
    assert [cause.event for cause in causes] == [visits[-1]]


def test_an_mql_by_what_is_heard_together_is_qualified_once_with_all_of_it() -> None:
    told = a_lead(AGREEMENT, [])
    forms = done([("form_submitted", 0), ("form_submitted", 0), ("page_viewed", 0)], 2)
    _, said, _ = together(told.lead, forms, AGREEMENT, NOON)
    [qualified] = said
    assert isinstance(qualified, LeadQualified)
    assert qualified.seq == 4


def test_a_score_that_was_enough_before_it_fell_counts() -> None:
    told = a_lead(AGREEMENT, [], company=LARGER)
    visits = done([("page_viewed", 0), ("page_viewed", 0), ("email_unsubscribed", 0)], 2)
    _, said, causes = together(told.lead, visits, AGREEMENT, NOON)
    assert [type(event) for event in said] == [LeadQualified, LeadCooled]
    assert [cause.event for cause in causes] == visits[1:]


def test_an_mql_that_has_cooled_meanwhile_has_cooled_whatever_it_did_since() -> None:
    told = a_lead(AGREEMENT, [("page_viewed", 0), ("page_viewed", 0)], company=LARGER)
    assert told.lead.mql
    since = done([("nothing_known", -14), ("form_submitted", -14)], 4)
    _, said, _ = together(told.lead, since, AGREEMENT, NOON + timedelta(days=14))
    assert [type(event) for event in said] == [LeadCooled, LeadQualified]


def test_of_a_lead_that_nobody_knows_nothing_is_decided() -> None:
    assert (
        list(recorded(ScoredLead(), [heard(one) for one in done([("page_viewed", 0)], 1)], AGREEMENT, NOON))
        == []
    )
