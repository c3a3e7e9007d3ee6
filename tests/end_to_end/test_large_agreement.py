"""The large example, enforced: one story for each of its special rules, from the form to whoever answers."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.at_acme import Acme, acme

pytestmark = [pytest.mark.sqlite, pytest.mark.slow]

DEMO = "demo_requested"
DIRECTOR = {"title": "Operations Director"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    with acme(tmp_path_factory.mktemp("acme") / "data") as running:
        yield running


def company(employees: int, industry: str = "retail", name: str = "A company") -> dict[str, Any]:
    return {"company": {"name": name, "employees": employees, "industry": industry}}


# ---- whose it is already


def test_a_competitor_is_held_by_the_marketing_desk_even_if_they_ask_for_a_demo(place: Acme) -> None:
    story = place.with_(place.comes("eve@rival.example", DEMO), "desk", "marketing")
    assert any("set aside by the rule 'competitor'" in line for line in story)


def test_a_customer_goes_to_the_manager_of_the_account_and_is_no_mql(place: Acme) -> None:
    place.crm_says("harbour.example", relation="customer", manager="mark@acme.example")
    lead = place.comes("una@harbour.example", DEMO)
    place.with_(lead, "rep", "mark")
    score = place.running.call("GET", f"/v1/leads/{lead}/score").json()
    assert (score["mql"], score["set_aside"]) == (False, "customer: account.relation is customer")


def test_a_customer_without_a_manager_goes_to_the_team_behind_else(place: Acme) -> None:
    place.crm_says("orphan.example", relation="customer")
    place.with_(place.comes("una@orphan.example"), "rep", "amy")


@pytest.mark.parametrize(
    ("email", "more"), [("p1@somewhere.example", {"source": "partner-portal"}), ("p2@planhaus.example", {})]
)
def test_what_a_partner_brings_goes_to_the_partner_manager_and_counts_as_theirs(
    place: Acme, email: str, more: dict[str, str]
) -> None:
    story = place.with_(place.comes(email, **more), "rep", "pia")
    assert any("'partner', counts as partner" in line for line in story)


def test_who_is_in_a_deal_goes_to_its_owner_and_the_manager_of_the_account_is_told(place: Acme) -> None:
    place.crm_says(
        "closing.example",
        open_opportunity="D-17",
        opportunity_owner="olga@acme.example",
        manager="mark@acme.example",
    )
    lead = place.comes("una@closing.example")
    place.with_(lead, "rep", "olga")
    assert "in a deal" in place.hears("mark", "set aside", lead)["note"]


# ---- whose it turns out to be


def test_a_nurtured_lead_whose_company_becomes_a_customer_goes_to_its_manager(place: Acme) -> None:
    lead = place.comes("una@growing.example")
    place.with_(lead, "track", "new")
    place.crm_says("growing.example", relation="customer", manager="mark@acme.example")
    story = place.with_(lead, "rep", "mark")
    assert "It leaves nurture: set aside by the rule 'customer'" in story


def test_a_rep_is_told_that_the_lead_in_their_hands_belongs_to_a_deal_now(place: Acme) -> None:
    lead = place.comes("una@winding.example", DEMO, country="PT")
    place.with_(lead, "rep", "eva")
    place.crm_says("winding.example", open_opportunity="D-18", opportunity_owner="olga@acme.example")
    told = place.hears("eva", "set aside", lead)
    assert told["note"] == "set aside by the rule 'in a deal'; it belongs to olga@acme.example"
    place.with_(lead, "rep", "eva")


def test_what_its_manager_gives_up_is_held_by_a_desk_and_not_nurtured(place: Acme) -> None:
    place.crm_says("content.example", relation="customer", manager="mark@acme.example")
    lead = place.comes("una@content.example")
    place.with_(lead, "rep", "mark")
    place.tells(lead, "accept", by="mark")
    place.tells(lead, "disqualify", by="mark", reason="no-need")
    place.with_(lead, "desk", "marketing")


# ---- consent


def test_who_refuses_goes_to_the_privacy_desk_at_once_and_whoever_has_them_then(place: Acme) -> None:
    place.with_(place.comes("no1@quiet.example", DEMO, consent="denied"), "desk", "privacy")
    nurtured = place.comes("no2@quiet.example")
    place.with_(nurtured, "track", "new")
    worked = place.comes("no3@quiet.example", DEMO, country="PT")
    place.with_(worked, "rep", "eva")
    for lead in (nurtured, worked):
        place.tells(lead, "consent", consent="denied")
        place.with_(lead, "desk", "privacy")


def test_who_refused_and_allows_it_again_is_nurtured_whoever_had_them(place: Acme) -> None:
    nurtured, worked = place.comes("no5@quiet.example"), place.comes("no6@quiet.example", DEMO, country="PT")
    place.with_(nurtured, "track", "new")
    place.with_(worked, "rep", "eva")
    for lead in (nurtured, worked):
        place.tells(lead, "consent", consent="denied")
        place.with_(lead, "desk", "privacy")
        place.tells(lead, "consent", consent="granted")
        place.with_(lead, "track", "new")


def test_who_refuses_is_left_alone_whatever_they_asked_for_or_ask_for_next(place: Acme) -> None:
    planner, insight = ({"type": DEMO, "product": product} for product in ("planner", "insight"))
    one = place.comes("no4@quiet.example", planner, country="PT")
    other = place.comes("no4@quiet.example", insight, country="PT")
    for lead in (one, other):
        place.with_(lead, "rep", "eva")
    place.tells(one, "consent", consent="denied")
    later = place.comes("no4@quiet.example", DEMO, consent="unknown", country="PT")
    assert len({one, other, later}) == 3
    for lead in (one, other, later):
        place.with_(lead, "desk", "privacy")


def test_who_has_not_said_yes_waits_at_the_marketing_desk_until_they_do(place: Acme) -> None:
    lead = place.comes("maybe@quiet.example", consent="unknown")
    place.with_(lead, "desk", "marketing")
    place.tells(lead, "consent", consent="granted")
    place.with_(lead, "track", "new")


# ---- who gets an MQL, and by which rule


@pytest.mark.parametrize("asks", [DEMO, "contact_requested"])
def test_a_fast_lane_makes_an_mql_of_a_lead_without_a_score(place: Acme, asks: str) -> None:
    lead = place.comes(f"{asks}@quiet.example", asks, country="PT")
    assert "rule 'demo follows the sun' matched: fast_lane is true" in place.rule(lead)
    place.with_(lead, "rep", "eva")


@pytest.mark.parametrize(
    ("rule", "rep", "lead"),
    [
        ("named account", "hana", {"email": "a@contoso.example", **company(300)}),
        ("in Spanish", "amy", {"email": "b@quiet.example", "language": "es-MX", "country": "PT"}),
        ("in Spanish", "amy", {"email": "c@quiet.example", "country": "MX"}),
        ("enterprise", "ed", {"email": "d@quiet.example", "country": "PT", **company(2000)}),
        (
            "enterprise for insight",
            "ed",
            {
                "email": "e@quiet.example",
                "activity": {"type": DEMO, "product": "insight"},
                **company(2000),
            },
        ),
    ],
)
def test_each_routing_rule_finds_its_lead(place: Acme, rule: str, rep: str, lead: dict[str, Any]) -> None:
    if rule == "named account":
        place.crm_says("contoso.example", pod="pod-industry", owner="hana@acme.example")
    known = {"activity": DEMO, **lead}
    sent = place.comes(known.pop("email"), known.pop("activity"), **known)
    assert place.rule(sent).startswith(f"rule '{rule}' matched: ")
    team = place.running.call("GET", f"/v1/leads/{sent}/assignment").json()["team"]
    assert team == {"hana": "pod-industry", "amy": "amer", "ed": "enterprise"}[rep]


def test_an_account_that_somebody_owns_goes_to_them(place: Acme) -> None:
    place.crm_says("owned.example", owner="filip@acme.example")
    lead = place.comes("una@owned.example", DEMO, company={"domain": "owned.example"})
    place.with_(lead, "rep", "filip")
    assert place.rule(lead).startswith("rule 'known owner' matched: ")


@pytest.mark.parametrize(
    ("rule", "team", "where"),
    [
        ("west coast", "amer", {"country": "US", "region": "US-CA"}),
        ("Americas", "amer", {"country": "BR"}),
        ("Asia and Pacific", "apac", {"country": "JP"}),
        ("everybody else", "emea", {"country": "PL"}),
    ],
)
def test_who_is_an_mql_by_the_score_goes_by_country(
    place: Acme, rule: str, team: str, where: dict[str, str]
) -> None:
    trial = {"type": "trial_started"}
    known = {**DIRECTOR, **where, **company(500, "software")}
    email = f"{rule.replace(' ', '.')}@quiet.example"
    lead = place.comes(email, trial, **known)
    for deed in ("webinar_attended", "webinar_attended"):
        assert place.comes(email, deed) == lead
    assert place.rule(lead).startswith(f"rule '{rule}' matched: ")
    found = place.running.call("GET", f"/v1/leads/{lead}/assignment").json()
    assert found["team"] == team


def test_one_person_is_a_lead_for_each_product(place: Acme) -> None:
    leads = {
        place.comes("two@quiet.example", {"type": DEMO, "product": product}, country="PT")
        for product in ("planner", "insight", "planner")
    }
    assert len(leads) == 2


# ---- the way back


@pytest.mark.parametrize(
    ("reason", "kind", "name", "said"),
    [
        ("unreachable", "track", "keep-warm", {}),
        ("no-need", "track", "keep-warm", {}),
        ("no-budget", "track", "next-year", {}),
        ("no-authority", "track", "keep-warm", {"answers": {"who_decides": "the CFO"}}),
        ("bad-timing", "track", "keep-warm", {"revisit_on": "2099-01-04"}),
        ("chose-competitor", "track", "win-back", {"answers": {"contract_ends": "2099-01-04"}}),
        ("bad-data", "track", "data-repair", {}),
        ("no-fit", "track", "not-our-market", {"sub_reason": "too small"}),
        ("do-not-contact", "desk", "privacy", {}),
    ],
)
def test_each_reason_leads_to_its_track_or_desk(
    place: Acme, reason: str, kind: str, name: str, said: dict[str, Any]
) -> None:
    lead = place.comes(f"{reason}@quiet.example", DEMO, country="PT")
    rep = place.rep_of(lead)
    place.tells(lead, "accept", by=rep)
    if reason == "unreachable":
        for _ in range(6):
            place.tells(lead, "contact", by=rep, channel="phone", outcome="no answer")
    place.tells(lead, "disqualify", by=rep, reason=reason, **said)
    if name == "keep-warm":
        place.acknowledges(lead)
    place.with_(lead, kind, name)


def test_a_lost_deal_goes_to_win_back_and_one_that_is_no_lead_is_closed(place: Acme) -> None:
    lost, none = (place.comes(f"{name}@quiet.example", DEMO, country="PT") for name in ("lost", "none"))
    place.rep_of(lost)
    place.tells(lost, "outcome", outcome="lost", reason="price")
    place.with_(lost, "track", "win-back")
    place.tells(none, "reject", by=place.rep_of(none), reason="not-a-lead")
    place.running.wait_until(f"/v1/leads/{none}", lambda found: found["ending"] == "closed")


def test_a_won_deal_ends_the_journey_and_a_merge_ends_one_of_two(place: Acme) -> None:
    won, other = (place.comes(f"{name}@quiet.example", DEMO, country="PT") for name in ("won", "other"))
    for lead in (won, other):
        place.rep_of(lead)
    place.tells(other, "merge", survivor=won)
    assert place.running.call("GET", f"/v1/leads/{other}").json()["merged_into"] == won
    place.tells(won, "outcome", outcome="won", value="38400.00", currency="EUR")
    place.running.wait_until(f"/v1/leads/{won}", lambda found: found["ending"] == "closed")
