"""The debt ledger: a line for each lead that somebody was given, and for turns that did not count."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.routing.domain.model import GivingUp
from services.routing.store.bench import read_turns
from services.routing.store.turns import newest_of
from shared.contracts.ingest import LeadMerged
from shared.terms import Role
from shared.testing.leads import lead_id
from tests.service.routing_place import AGREEMENT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_http import Api, api_of

pytestmark = pytest.mark.slow

REPAIRED = AGREEMENT.replace(
    "    spam: {ends: closed}\n",
    "    spam: {ends: closed}\n    bad-data: {track: new, returns: when_repaired}\n",
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url, agreement=REPAIRED) as place:
        yield place


@pytest.fixture
async def api(place: RoutingPlace, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(place, tmp_path) as api:
        yield api


async def lines(place: RoutingPlace, team: str = "inside") -> list[tuple[str, str, str]]:
    """The ledger's lines about leads, the oldest first: whose, which kind, and why."""
    found = await place.service.read(lambda tx: newest_of(tx.conn, team, 100))
    return [
        (entry.person.partition("@")[0], entry.kind, entry.reason)
        for entry in reversed(found)
        if entry.lead is not None
    ]


async def owed(place: RoutingPlace, team: str = "inside") -> dict[str, str]:
    turns = await place.service.read(lambda tx: read_turns(tx.conn, team))
    return {person.partition("@")[0]: part for person, part in turns.owed.written().items()}


async def reject(place: RoutingPlace, who: str, reason: str, lead: str = "ana", **more: Any) -> None:
    await place.do("reject", who, lead, reason=reason, note="", duplicate_of=more.get("duplicate_of"))


async def test_each_lead_that_somebody_is_given_is_a_line(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("a", "b")
    assert sorted(await lines(place)) == [
        ("bob", "turn", "Bob has the turn in inside"),
        ("cy", "turn", "Cy has the turn in inside"),
    ]
    assert await owed(place) == {"bob": "0", "cy": "0"}


@pytest.mark.parametrize("reason", ["wrong-team", "not-a-lead"])
async def test_a_reject_that_is_accepted_at_once_gives_the_turn_back(
    place: RoutingPlace, reason: str
) -> None:
    await place.team("inside", "bob", "cy", "di")
    await place.offered("ana")
    first = await place.holder()
    await reject(place, first, reason)
    credit = (first, "credit", f"rejected: {reason}")
    assert credit in await lines(place)
    if reason == "not-a-lead":
        assert set((await owed(place)).values()) == {"0"}


@pytest.mark.parametrize("reason", ["not-per-definition", "duplicate"])
@pytest.mark.parametrize("ruling", ["sales", "marketing"])
async def test_a_disputed_turn_is_given_back_only_if_the_arbiter_rules_for_sales(
    place: RoutingPlace, reason: str, ruling: str
) -> None:
    await place.team("inside", "bob")
    await place.team("inside", "cy")
    await place.offered("ana")
    first = await place.holder()
    await reject(place, first, reason)
    assert [line for line in await lines(place) if line[1] == "credit"] == []
    await place.do("rule", "coo", ruling=ruling, note="")
    credits = [line for line in await lines(place) if line[1] == "credit"]
    assert credits == (
        [(first, "credit", f"the arbiter ruled for sales: {reason}")] if ruling == "sales" else []
    )


async def test_a_duplicate_gives_the_turn_back_when_it_is_one_with_another(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    first = await place.holder()
    await reject(place, first, "duplicate", duplicate_of=lead_id("ben"))
    await place.say(LeadMerged(survivor=lead_id("ben")))
    await place.turn()
    assert (first, "credit", f"it was one with {lead_id('ben')}") in await lines(place)
    assert set((await owed(place)).values()) == {"0"}


@pytest.mark.parametrize(("reason", "counts"), [("bad-data", False), ("spam", False), ("no-need", True)])
async def test_bad_data_gives_the_turn_back_and_no_need_does_not(
    place: RoutingPlace, reason: str, counts: bool
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    first = await place.holder()
    await place.do("accept", first)
    await place.do("disqualify", first, why=GivingUp(reason))
    credits = [line for line in await lines(place) if line[1] == "credit"]
    assert credits == ([] if counts else [(first, "credit", f"given back: {reason}")])
    assert (set((await owed(place)).values()) == {"0"}) is not counts


async def test_what_a_deputy_takes_by_hand_is_no_turn(place: RoutingPlace) -> None:
    await place.offered("ana")
    await place.do("accept", "dora")
    assert await lines(place) == [("dora", "manual", "the deputy took it")]


async def test_a_team_s_fairness_is_told_in_figures_and_in_words(place: RoutingPlace, api: Api) -> None:
    await place.team("enterprise", "bob", "cy=2", "di")
    await place.offered(*(f"lead-{n}" for n in range(8)), segment="enterprise")
    await place.do(
        "reject", "bob", await _one_of(place, "bob"), reason="not-a-lead", note="", duplicate_of=None
    )
    answer = await api.get("manager", "/v1/teams/enterprise/fairness")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["given"], found["turn"]) == (8, "members take fair turns by their weights")
    bob = found["members"][0]
    assert (bob["person"], bob["weight"], bob["given"], bob["turns"]) == (at_acme("bob"), 1, 2, 1)
    assert (bob["by_weight"], bob["share"], bob["owed"]) == (1.75, 1.75, 0.75)
    assert bob["why"] == ["1 lead given back: it was no lead to be had", "0.8 leads behind their share now"]
    assert found["newest"][0]["kind"] == "credit"
    assert sum(member["score"] for member in found["members"]) == 8 * 60


async def _one_of(place: RoutingPlace, who: str) -> str:
    owners = {lead: await place.holder(lead) for lead in (f"lead-{n}" for n in range(8))}
    return next(lead for lead, owner in owners.items() if owner == who)


async def test_whoever_answers_for_the_numbers_may_read_them_and_reps_may_not(api: Api) -> None:
    for role in (Role.MANAGER, Role.MARKETING, Role.ARBITER, Role.OPERATOR):
        assert (await api.get(role.value, "/v1/teams/inside/fairness")).status_code == 200
    assert (await api.get("bob", "/v1/teams/inside/fairness")).status_code == 403
    unknown = await api.get("manager", "/v1/teams/insight/fairness")
    assert unknown.status_code == 404
    assert "the agreement knows no team 'insight'" in unknown.json()["detail"]


async def test_a_team_that_counts_by_value_is_shown_in_value(database_url: str, tmp_path: Path) -> None:
    agreed = AGREEMENT.replace("      at_most: {open: 3}\n", "      count_by: value\n")
    agreed = agreed.replace(
        "routing:\n", "routing:\n  values: [{when: {company.employees: known}, counts: 4}]\n", 1
    )
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob")
        await place.offered("a", "b")
        async with api_of(place, tmp_path) as api:
            found = (await api.get("manager", "/v1/teams/inside/fairness")).json()
        [member] = found["members"]
        assert found["turn"].endswith(", counted by value: a lead counts for 4 at most")
        assert (member["turns"], member["worth"], member["share"]) == (2, 8, 8.0)
        assert (await place.state("a")).receipt.worth == 4  # type: ignore[union-attr]  # it was placed
