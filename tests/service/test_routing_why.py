"""Nobody can say why: what users of other routers complain of, each a question that a receipt answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.routing.handlers import roster
from shared.contracts.routing import LeadAssigned
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at
from tests.service.test_routing_http import api_of

ANA = f"/v1/leads/{lead_id('ana')}"


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


async def told(place: RoutingPlace, folder: Path, path: str, who: str = "manager") -> Any:
    async with api_of(place, folder) as api:
        return (await api.get(who, path)).json()


async def test_why_one_rep_got_a_lead_and_another_did_not(place: RoutingPlace, tmp_path: Path) -> None:
    await place.team("inside", "bob", "cy")
    await place.team("inside", "dan", zone="Europe/Lisbon", absences="2026-11-01/2026-11-30 sick")
    await place.offered("ana")
    holder = await place.holder()
    other = "cy" if holder == "bob" else "bob"
    [decision] = await told(place, tmp_path, f"{ANA}/assignments")
    lines = "\n".join(decision["lines"])
    assert f"{at_acme(holder)}: has it" in lines
    assert f"{at_acme(other)}: their turn comes later: owed 0.500" in lines
    assert f"{at_acme('dan')}: absent until Tue 01 Dec 00:00 Europe/Lisbon" in lines, "and not of what"
    assert "sick" not in lines
    assert "owed, in leads: bob@acme.example 1/2, cy@acme.example 1/2" in lines


async def test_why_the_owner_changed_is_told_of_every_change_and_not_found_in_a_log(
    place: RoutingPlace, tmp_path: Path
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    first = await place.holder()
    await place.do("reject", first, reason="wrong-team", note="", duplicate_of=None)
    second = await place.holder()
    await place.tx(lambda tx: roster.leave(tx, at_acme(second)))
    changes = await told(place, tmp_path, f"{ANA}/assignments")
    assert [(one["why"], one["receipt"].rpartition(".")[2]) for one in changes] == [
        ("new", "1"),
        ("rerouted", "2"),
        ("left", "3"),
    ]
    assert f"{at_acme(first)}: rejected it" in changes[1]["lines"]


async def test_why_it_lies_in_a_queue_names_everybody_who_could_not_take_it(
    place: RoutingPlace, tmp_path: Path
) -> None:
    await place.team("inside", "bob")
    await place.offered("a", "b", "c")
    await place.offered("ana")
    [decision] = await told(place, tmp_path, f"{ANA}/assignments")
    assert (decision["holder"], decision["answers"]) == ("inside", at_acme("dora"))
    assert "bob@acme.example: at cap: 3 of 3 open leads" in decision["lines"]
    assert decision["load"] == {at_acme("bob"): 3}


async def test_why_was_it_assigned_to_me_when_i_am_not_on_the_team(
    place: RoutingPlace, tmp_path: Path
) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    await place.do("reject", "bob", reason="not-per-definition", note="", duplicate_of=None)
    await place.do("rule", "coo", ruling="marketing", note="it is one")
    decision = (await told(place, tmp_path, f"{ANA}/assignments"))[-1]
    assert decision["answers"] == at_acme("dora")
    assert "bob@acme.example: rejected it" in decision["lines"]
    assert any("nobody can take it now" in line for line in decision["lines"]), "no silent fallback"


async def test_two_answers_for_one_lead_can_not_be_each_change_has_one_receipt(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    await place.do("reject", await place.holder(), reason="wrong-team", note="", duplicate_of=None)
    said = await place.said(LeadAssigned, "ana")
    assert [one.receipt.number for one in said] == [1, 2]


async def test_it_is_asked_over_http_whether_it_would_go_there_again(
    place: RoutingPlace, tmp_path: Path
) -> None:
    await place.team("inside", "bob", "cy")
    await place.offered("ana")
    async with api_of(place, tmp_path) as api:
        replay = f"/v1/assignments/{lead_id('ana')}.1/replay"
        same = (await api.get("bob", replay)).json()
        owner = at_acme(await place.holder())
        altered = (await api.get("bob", f"{replay}?with=load.{owner}=3")).json()
        wrong = await api.get("bob", f"{replay}?with=load")
        missing = await api.get("bob", f"/v1/assignments/{lead_id('ana')}.7/replay")
    assert (same["same"], same["differs"], same["holder"]) == (True, [], owner)
    assert altered["same"] is False
    assert f"the candidate '{owner}' was has it; it is at cap: 3 of 3 open leads" in altered["differs"]
    assert (wrong.status_code, missing.status_code) == (422, 404)
    assert "no decision" in missing.json()["detail"]


async def test_who_may_pause_and_reroute_and_what_they_are_told(place: RoutingPlace, tmp_path: Path) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    pause = {"kind": "rep", "name": at_acme("bob"), "because": "a long call"}
    wish = {"since": "2026-11-01T00:00:00Z", "because": "a try", "dry_run": True}
    async with api_of(place, tmp_path) as api:
        refused = [
            await api.post("bob", "/v1/pauses", **pause),
            await api.post("marketing", "/v1/reroute", **wish),
        ]
        blank = [
            await api.post("manager", "/v1/pauses", **pause | {"because": " "}),
            await api.post("operator", "/v1/reroute", **wish | {"because": " "}),
        ]
        begun = await api.post("manager", "/v1/pauses", **pause)
        shown = (await api.get("bob", "/v1/pauses")).json()
        tried = (await api.post("operator", "/v1/reroute", **wish)).json()
        strange = await api.post("operator", "/v1/reroute", **wish, where={"countri": "DE"})
        ended = await api.call("operator", "DELETE", f"/v1/pauses/rep/{at_acme('bob')}?because=done")
    assert [one.status_code for one in refused] == [403, 403]
    assert [one.status_code for one in blank] == [422, 422], "others are to read why"
    assert begun.status_code == 201
    assert [(one["name"], one["because"], one["by"]) for one in shown] == [
        (at_acme("bob"), "a long call", at_acme("manager"))
    ]
    moved = [(one["was"], one["moved"]) for one in tried["leads"]]
    assert moved == [(at_acme("bob"), True)], "who is paused could not have it"
    assert "did you mean 'country'" in strange.text
    assert (ended.status_code, ended.json()["resumed_by"]) == (200, at_acme("operator"))
