"""The large example, enforced: each special lead goes where its agreement says, and says why."""

from pathlib import Path
from typing import Any

import pytest

from shared.agreement import load
from shared.contracts.scoring import LeadNotQualified, LeadQualified, LeadSetAside
from shared.contracts.values import Account, Company, Email
from shared.testing.leads import activity, captured
from tests.unit.scoring_lead import Told

LARGE = load(Path("agreements/large/agreement.yaml"))
DEMO = activity(1, "demo_requested")
HARBOUR = "harbour-union.example"


def at(domain: str) -> Email:
    return Email(address=f"ana@{domain}", domain=domain)


@pytest.mark.parametrize(
    ("account", "lead", "person", "team", "more"),
    [
        (
            Account(domain=HARBOUR, relation="customer", manager="mark@acme.example"),
            {},
            "mark@acme.example",
            "amer",
            {"rule": "customer"},
        ),
        (Account(domain=HARBOUR, relation="customer"), {}, None, "amer", {"rule": "customer"}),
        (None, {"source": "partner-portal"}, "pia@acme.example", None, {"counts_as": "partner"}),
        (
            Account(domain=HARBOUR, open_opportunity="D-17", opportunity_owner="olga@acme.example"),
            {},
            "olga@acme.example",
            None,
            {"rule": "in a deal"},
        ),
    ],
)
def test_what_is_somebody_elses_is_offered_to_them_even_if_it_asks_for_a_demo(
    account: Account | None, lead: dict[str, Any], person: str | None, team: str | None, more: dict[str, str]
) -> None:
    told = Told(LARGE, account)
    [said] = told.hear(captured(first=DEMO, email=at(HARBOUR), company=Company(domain=HARBOUR), **lead))
    assert isinstance(said, LeadSetAside)
    assert (said.person, said.team) == (person, team)
    assert {name: getattr(said, name) for name in more} == more
    assert said.receipt.set_aside is not None


def test_a_competitor_is_held_by_the_marketing_desk() -> None:
    [said] = Told(LARGE).hear(captured(first=DEMO, email=at("rival.example")))
    assert isinstance(said, LeadNotQualified)
    assert said.to is not None
    assert (said.to.kind, said.to.name) == ("desk", "marketing")


def test_a_named_account_is_known_by_its_domain_before_the_crm_says_anything_of_it() -> None:
    row = Path("agreements/large/lists/named_accounts.csv").read_text().splitlines()[1]
    domain = row.split(",")[0]
    [said] = Told(LARGE).hear(captured(first=DEMO, email=at(domain), company=Company(domain=domain)))
    assert isinstance(said, LeadQualified)
    assert "named account" in {point.name for point in said.receipt.fit}
