"""What a condition may ask for, whoever asks knows; and all say the same of a lead."""

from typing import Any, Final

import pytest
from msgspec.structs import replace

from services.ingest.domain.interest import facts_of as said_of
from services.ingest.domain.submission import Act, Submission
from services.recycle.domain.facts import facts_of as remembered_of
from services.recycle.domain.model import RecycledLead
from services.routing.domain.facts import facts_of as routed_of
from services.scoring.domain.facts import facts_of as scored_of
from services.scoring.domain.model import ScoredLead
from shared.agreement import VOCABULARY, load_text
from shared.agreement.conditions.vocabulary import NOT_KNOWN, UNSAID, Kind
from shared.agreement.facts import facts_of_activity, facts_of_lead, facts_of_story, frozen, thawed
from shared.contracts.ingest import ActivityRecorded, LeadCaptured
from shared.contracts.recycle import LeadReturned
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import Account, Activity, Company, Email, Person, ScoreReceipt, Snapshot
from shared.terms import Consent
from shared.testing.leads import NOON, captured, recorded
from tests.unit import recycle_lead, scoring_lead

DID: Final = Activity(
    seq=1,
    type="page_viewed",
    at=NOON,
    source="website",
    url="/pricing",
    asset="guide",
    campaign="spring",
    product="cards",
)
WHO: Final[dict[str, Any]] = {
    "person": Person(
        name="Ana Silva",
        title="Director",
        phone="+351210000000",
        language="pt",
        country="PT",
        region="PT-11",
        postal_code="1050-115",
    ),
    "email": Email(address="ana@northwind.example", domain="northwind.example"),
    "company": Company(
        name="Northwind", domain="northwind.example", employees=120, industry="software", country="PT"
    ),
    "consent": Consent.GRANTED,
    "interest": "cards",
    "source": "website",
    "campaign": "spring",
}
ACCOUNT: Final = Account(
    domain="northwind.example",
    owner="rita@acme.example",
    manager="maya@acme.example",
    pod="inside",
    open_opportunity="D-1",
    opportunity_owner="sam@acme.example",
    match="strong",
)
STORY: Final = Snapshot(
    **WHO,
    account=ACCOUNT,
    captured_at=NOON,
    segment="small",
    score=61,
    grade="B",
    receipt=ScoreReceipt(agreement="acme@1", at=NOON),
    activities=(DID,),
)
SCORED: Final = ScoredLead(**WHO, account=ACCOUNT, captured_at=NOON, activities=(DID,))
CAPTURED: Final[LeadCaptured] = captured(first=DID, **WHO)


def may_ask(sort: str) -> set[str]:
    return VOCABULARY.keys() - NOT_KNOWN[sort]


def test_scoring_knows_what_its_conditions_ask_for() -> None:
    facts = scored_of(SCORED, scoring_lead.AGREEMENT, NOON)
    assert may_ask("ConditionOnLead") <= facts.keys()
    assert may_ask("ConditionOnMarket") <= facts_of_lead(SCORED).keys()
    assert may_ask("ConditionBeforeScore") <= {**facts, **facts_of_activity(DID)}.keys()


def test_routing_knows_what_its_conditions_ask_for() -> None:
    assert may_ask("ConditionInRouting") <= routed_of(STORY, rounds=0, now=NOON).keys()


def test_ingest_knows_what_an_interest_may_stand_in() -> None:
    act = Act("page_viewed", NOON, url="/pricing", asset="guide", product="cards")
    said = said_of(Submission(connector="website", how="form", act=act, **WHO))
    texts = {name for name, word in VOCABULARY.items() if word.kind is Kind.TEXT}
    assert texts - UNSAID <= said.keys()
    assert said.items() <= routed_of(STORY, rounds=0, now=NOON).items() | {("score", 0)}


INTERESTS: Final = "\ninterests: {by: activity.product, else: any}\n"


@pytest.mark.parametrize("word", sorted(may_ask("ConditionOnPlaybook")))
def test_a_playbook_may_ask_for_whatever_the_next_owner_hears(word: str) -> None:
    playbooks = f"playbooks: [{{when: {{{word}: known}}, offer: a pilot}}]\n"
    told = scoring_lead.Told(load_text(scoring_lead.TEXT + INTERESTS + playbooks), ACCOUNT)
    [said] = told.hear(CAPTURED)
    assert isinstance(said, LeadSetAside)
    assert said.snapshot.playbook == "a pilot"


SIGNAL: Final = "{any: [{fast_lane: true}, {new_activity: true, score_at_least: 60}]}"


@pytest.mark.parametrize("word", sorted(may_ask("ConditionOnReturn")))
def test_a_return_may_ask_for_whatever_is_remembered(word: str) -> None:
    asked = recycle_lead.TEXT.replace(SIGNAL, f"{{{word}: known}}")
    told = recycle_lead.Told(agreement=load_text(asked + INTERESTS))
    given_up = replace(recycle_lead.given_up(), snapshot=STORY)
    told.hear(CAPTURED, replace(recycle_lead.scored(1, 20), segment="small", account=ACCOUNT), given_up)
    told.delivered(2)
    assert told.said(LeadReturned) == []
    told.hear(ActivityRecorded(activity=replace(DID, seq=2)))
    assert len(told.said(LeadReturned)) == 1


def test_a_return_may_ask_how_long_ago_the_lead_was_captured() -> None:
    young = load_text(recycle_lead.TEXT.replace(SIGNAL, "{captured.at: {within: 7d}}"))
    told = recycle_lead.Told(agreement=young)
    told.hear(CAPTURED, recycle_lead.given_up())
    told.delivered(2)
    assert told.hear(ActivityRecorded(activity=replace(DID, seq=2))) != []


LANE: Final = "{activity.type: demo_requested}"


@pytest.mark.parametrize(
    "asks",
    ["account.relation: prospect", "captured.at: {within: 7d}", "activity.at: {within: 7d}"],
)
def test_a_fast_lane_brings_a_lead_back_before_scoring_says_so_whatever_it_asks(asks: str) -> None:
    lanes = recycle_lead.TEXT.replace(LANE, f"{{activity.type: demo_requested, {asks}}}")
    told = recycle_lead.Told(agreement=load_text(lanes))
    told.hear(
        CAPTURED, recycle_lead.given_up("no-need"), replace(recycle_lead.scored(1, 20), account=ACCOUNT)
    )
    told.delivered(2)
    [returned] = told.hear(recorded(2, "demo_requested"))
    assert isinstance(returned, LeadReturned)
    assert returned.snapshot.fast_lane


@pytest.mark.parametrize(
    ("account", "company", "address", "domain"),
    [
        (ACCOUNT, Company(domain="northwind.example"), "ana@northwind.example", "northwind.example"),
        (None, Company(domain="Northwind.example"), "ana@other.example", "northwind.example"),
        (None, Company(), "ana@northwind.example", "northwind.example"),
        (None, Company(), "ana@free.example", None),
    ],
)
def test_all_services_say_the_same_of_a_lead(
    account: Account | None, company: Company, address: str, domain: str | None
) -> None:
    host = address.partition("@")[2]
    email = Email(address=address, domain=host, free=host == "free.example")
    who = {**WHO, "company": company, "email": email}
    story = Snapshot(**who, account=account, captured_at=NOON)
    scored = facts_of_lead(ScoredLead(**who, account=account, captured_at=NOON))
    assert scored.get("account") == domain
    assert scored.items() <= routed_of(story, rounds=0, now=NOON).items()
    remembered = RecycledLead(snapshot=replace(story, consent=Consent.UNKNOWN), consent=Consent.GRANTED)
    assert scored.items() <= remembered_of(remembered, NOON).items()
    said = said_of(Submission(connector="website", how="form", act=Act("form_submitted", NOON), **who))
    assert said.get("account") == domain


def test_an_account_goes_by_its_own_domain_not_by_that_of_an_address() -> None:
    story = replace(STORY, account=replace(ACCOUNT, domain="holding.example"))
    assert facts_of_story(story)["account"] == "holding.example"


def test_what_a_receipt_keeps_is_met_again_as_it_was() -> None:
    facts = facts_of_story(STORY)
    assert thawed(frozen(facts, facts), NOON) == {**facts, "now": NOON}
    assert frozen(facts, {"country", "activity.at"}) == {"country": "PT", "activity.at": str(NOON)}
    assert thawed({"captured.at": "noon"}, NOON)["captured.at"] == "noon"
