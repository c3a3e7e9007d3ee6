"""A recorded lead that is simulated is an MQL when, and only when, scoring would have made it one."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.scoring.domain.model import matched
from services.scoring.domain.simulated import simulated
from shared.agreement import Agreement, load_text
from shared.contracts.history import Recorded
from shared.contracts.ingest import ActivityRecorded
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadSetAside, ScoringEvent
from shared.contracts.values import Account, Activity, Person
from shared.terms import Consent
from shared.testing.leads import NOON, activity, captured, lead_id
from tests.unit.scoring_lead import AGREEMENT, TEXT, Told

KINDS = ("form_submitted", "page_viewed", "email_unsubscribed", "demo_requested", "nothing_known")
BOUGHT = Account(domain="northwind.example", relation="customer", manager="mona@acme.example")


def in_force(_: datetime) -> Agreement:
    return AGREEMENT


def recorded(*done: Activity, **more: Any) -> Recorded:
    known = captured(first=done[0])
    return Recorded(
        lead=lead_id(),
        captured_at=max(NOON, done[0].at),
        person=known.person,
        email=known.email,
        company=known.company,
        source=known.source,
        activities=done,
        **{"consent": known.consent, **more},
    )


def as_it_went(lead: Recorded) -> list[ScoringEvent]:
    """What scoring says when it hears the same, one after the other."""
    told, now = Told(account=matched(lead.account, lead.email)), NOON
    first, *others = lead.activities
    heard = [captured(first=first, person=lead.person, consent=lead.consent)]
    for event in (*heard, *(ActivityRecorded(activity=one) for one in others)):
        now = max(now, event.activity.at)
        told.hear(event, at=now)
    return [event for event in told.said if isinstance(event, ScoringEvent)]


KNOWN = st.fixed_dictionaries(
    {
        "consent": st.sampled_from(Consent),
        "person": st.sampled_from([Person(), Person(country="PT"), Person(title="Director", country="PT")]),
        "account": st.sampled_from([None, BOUGHT]),
    }
)
DONE = st.lists(
    st.tuples(st.sampled_from(KINDS), st.timedeltas(-timedelta(days=3), timedelta(days=40))),
    min_size=1,
    max_size=8,
).map(lambda done: [activity(seq, kind, at=NOON + at) for seq, (kind, at) in enumerate(done, 1)])


@settings(deadline=None, max_examples=60)
@given(DONE, KNOWN)
def test_it_is_judged_as_scoring_judges_it(done: list[Activity], known: dict[str, Any]) -> None:
    lead = replace(recorded(*done), **known)
    said, again = as_it_went(lead), simulated(lead, in_force)
    made = next((event for event in said if event.mql), None)
    assert again.mql == (made is not None)
    if made is not None:
        assert replace(again.receipt, number=0) == replace(made.receipt, number=0)
    if len(done) == 1:
        assert replace(again, handover=None) == replace(said[0], handover=None)


def test_a_customer_goes_to_whom_the_rule_names_whatever_the_score() -> None:
    event = simulated(recorded(activity(type="demo_requested"), account=BOUGHT), in_force)
    assert isinstance(event, LeadSetAside)
    assert (event.mql, event.person) == (False, "mona@acme.example")
    assert event.snapshot.account == replace(BOUGHT, match="strong")


def test_whom_nobody_may_call_goes_to_a_desk_though_it_is_an_mql() -> None:
    asks = load_text(TEXT.replace("routing_needs: not_denied", "routing_needs: granted"))
    event = simulated(recorded(activity(type="demo_requested"), consent=Consent.UNKNOWN), lambda _: asks)
    assert isinstance(event, LeadNotQualified)
    assert event.to is not None
    assert (event.mql, event.to.name) == (True, "marketing")


def test_who_refused_contact_goes_to_the_privacy_desk_and_is_no_mql() -> None:
    event = simulated(recorded(activity(type="demo_requested"), consent=Consent.DENIED), in_force)
    assert isinstance(event, LeadNotQualified)
    assert event.to is not None
    assert (event.mql, event.to.name) == (False, "privacy")


def test_what_it_did_after_it_was_an_mql_changes_nothing() -> None:
    done = [activity(1, "demo_requested"), activity(2, "email_unsubscribed", at=NOON + timedelta(days=1))]
    event = simulated(recorded(*done), in_force)
    assert isinstance(event, LeadQualified)
    assert event == simulated(recorded(done[0]), in_force)


def test_what_is_dated_ahead_came_before_and_the_clock_does_not_go_on_to_it() -> None:
    ahead = activity(1, "page_viewed", at=NOON + timedelta(days=3_650))
    done = [
        ahead,
        activity(2, "nothing_known", at=NOON),
        activity(3, "form_submitted", at=NOON + timedelta(days=1)),
    ]
    told = Told()
    told.hear(captured(first=ahead), at=NOON)
    for one in done[1:]:
        told.hear(ActivityRecorded(activity=one), at=one.at)
    again = simulated(replace(recorded(*done), captured_at=NOON), in_force, until=NOON + timedelta(days=2))
    assert (again.receipt.at, again.score) == (NOON + timedelta(days=1), told.lead.score)
    assert again.score > simulated(replace(recorded(*done), captured_at=NOON), in_force).score
