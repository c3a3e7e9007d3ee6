"""Who is somebody else's goes where the agreement says, and never to nurture by accident."""

import pytest
from msgspec.structs import replace

from shared.agreement import load_text
from shared.contracts.ingest import ConsentChanged
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadScored, LeadSetAside
from shared.contracts.values import Account, Email, Whose
from shared.terms import Consent
from shared.testing.leads import activity, captured, recorded
from tests.unit.scoring_lead import TEXT, Told

DEMO = activity(1, "demo_requested")
RIVAL = Email(address="eve@rival.example", domain="rival.example")
CUSTOMER = Account(
    domain="northwind.example",
    relation="customer",
    owner="olga@acme.example",
    manager="mark@acme.example",
    match="strong",
)


def test_a_competitor_is_held_at_the_desk_that_the_rule_names_and_the_receipt_says_why() -> None:
    told = Told()
    [said] = told.hear(captured(email=RIVAL, first=DEMO))
    assert isinstance(said, LeadNotQualified)
    assert said.handover is not None
    assert (said.handover.kind, said.to and said.to.name) == ("move", "marketing")
    assert said.reason == "set aside by the rule 'competitor'"
    assert not said.mql
    assert said.receipt.set_aside is not None
    assert said.receipt.set_aside.sentence == "email.domain is rival.example"


def test_a_customer_is_offered_to_the_manager_of_the_account_and_its_owner_is_told() -> None:
    [said] = Told(account=CUSTOMER).hear(captured(first=DEMO))
    assert isinstance(said, LeadSetAside)
    assert said.handover is not None
    assert (said.handover.kind, said.handover.number) == ("offer", 1)
    assert (said.person, said.team) == ("mark@acme.example", "account-managers")
    assert said.tell == "olga@acme.example"
    assert not said.mql
    assert said.snapshot.account == CUSTOMER
    assert not said.snapshot.fast_lane


@pytest.mark.parametrize("manager", [None, "", " "])
def test_a_customer_whose_account_has_no_manager_is_offered_to_the_team_behind_else(
    manager: str | None,
) -> None:
    account = Account(domain="northwind.example", relation="customer", manager=manager)
    [said] = Told(account=account).hear(captured())
    assert isinstance(said, LeadSetAside)
    assert (said.person, said.team, said.tell) == (None, "account-managers", None)


def test_what_a_partner_brought_counts_as_the_partners() -> None:
    [said] = Told().hear(captured(source="partner-portal"))
    assert isinstance(said, LeadSetAside)
    assert (said.team, said.counts_as) == ("partners", "partner")


def test_who_may_not_be_called_waits_at_the_desk_and_not_in_nurture() -> None:
    told = Told(load_text(TEXT.replace("routing_needs: not_denied", "routing_needs: granted")), CUSTOMER)
    [said, *_] = told.hear(captured(consent=Consent.UNKNOWN))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert said.to.name == "marketing"
    assert said.reason == "set aside by the rule 'customer', and consent to be called is unknown"


def test_the_first_rule_that_holds_decides() -> None:
    [said] = Told().hear(captured(email=RIVAL, source="partner-portal"))
    assert isinstance(said, LeadNotQualified)


def test_of_what_a_desk_has_it_is_said_beside_the_move_who_is_told_and_as_what_it_counts() -> None:
    rule = "hold: marketing, tell: sam@acme.example, counts_as: rival}"
    [moved, said] = Told(
        load_text(TEXT.replace("hold: marketing}\n    - name: customer", f"{rule}\n    - name: customer"))
    ).hear(captured(email=RIVAL))
    assert isinstance(moved, LeadNotQualified)
    assert isinstance(said, LeadSetAside)
    assert said.handover is None
    assert said.whose == Whose(
        rule="competitor", desk="marketing", tell="sam@acme.example", counts_as="rival"
    )
    assert said.receipt == moved.receipt


def test_whoever_is_told_of_a_customer_is_told_too_where_nobody_may_call_them() -> None:
    told = Told(load_text(TEXT.replace("routing_needs: not_denied", "routing_needs: granted")), CUSTOMER)
    [moved, said] = told.hear(captured(consent=Consent.UNKNOWN))
    assert isinstance(moved, LeadNotQualified)
    assert isinstance(said, LeadSetAside)
    assert (said.handover, said.desk, said.tell) == (None, None, "olga@acme.example")


@pytest.mark.parametrize("consent", [Consent.GRANTED, Consent.UNKNOWN])
def test_a_denial_comes_before_whose_lead_it_is(consent: Consent) -> None:
    [said] = Told().hear(captured(email=RIVAL, consent=Consent.DENIED))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert said.to.name == "privacy"
    assert said.receipt.set_aside is not None


def test_a_lead_that_becomes_a_customers_later_is_no_mql_any_more_and_moves_nowhere() -> None:
    told = Told()
    told.hear(captured())
    assert told.lead.mql
    told.account = CUSTOMER
    [said] = told.fire("account")
    assert isinstance(said, LeadSetAside)
    assert (said.mql, said.handover) == (False, None)
    assert said.snapshot.account == CUSTOMER
    assert said.whose == Whose(
        rule="customer",
        person="mark@acme.example",
        team="account-managers",
        tell="olga@acme.example",
    )
    told.account = replace(CUSTOMER, owner="somebody@acme.example")
    [again] = told.fire("account")
    assert isinstance(again, LeadScored), "whose it is has been said"


def test_a_lead_that_is_set_aside_no_more_may_be_an_mql() -> None:
    told = Told(account=CUSTOMER)
    told.hear(captured())
    told.account = None
    [said] = told.fire("account")
    assert isinstance(said, LeadQualified)
    assert said.handover is None


def test_an_account_that_says_the_same_again_changes_nothing() -> None:
    told = Told(account=CUSTOMER)
    told.hear(captured())
    assert told.fire("account") == []


def test_no_activity_makes_an_mql_of_what_is_set_aside() -> None:
    told = Told()
    told.hear(captured(email=RIVAL))
    assert all(not said.mql for said in told.hear(recorded(2, "demo_requested")))  # type: ignore[attr-defined]


def test_a_change_of_consent_alone_is_no_news_of_the_score() -> None:
    told = Told()
    told.hear(captured())
    assert told.hear(ConsentChanged(consent=Consent.UNKNOWN)) == []
