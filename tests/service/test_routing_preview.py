"""Where a lead would go now, by when and why; and that asking changes nothing."""

from pathlib import Path

import httpx
from msgspec.structs import replace

from services.routing.handlers.preview import preview
from shared.contracts.values import Account, Company
from tests.service.routing_place import SNAPSHOT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_http import Api, api_of
from tests.service.test_routing_rerouting import everything

LARGE = {"name": "Northwind", "employees": 5000}
BODIES: tuple[dict[str, object], ...] = (
    {},
    {"company": LARGE},
    {"consent": "denied"},
    {"account": {"owner": at_acme("bob")}},
)


async def asked(api: Api, who: str = "manager", **body: object) -> httpx.Response:
    return await api.post(who, "/v1/route/preview", **body)


async def test_a_preview_says_who_by_when_and_why(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "eve")
        async with api_of(place, tmp_path) as api:
            found = (await asked(api, company={"employees": 12}, score=70, grade="B")).json()
            large = (await asked(api, company=LARGE, score=70, email="ana@northwind.example")).json()
        assert (found["holder"], found["team"]) == (at_acme("bob"), "inside")
        assert [deadline["name"] for deadline in found["deadlines"]] == ["accept"]
        assert "bob@acme.example: has it" in found["receipt"]
        assert large["holder"] == at_acme("eve"), "the segment is the agreement's"


async def test_a_preview_changes_no_row_of_any_table(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana")
        before = await everything(place)
        async with api_of(place, tmp_path) as api:
            for body in (
                {},
                {"company": LARGE},
                {"consent": "denied"},
                {"account": {"owner": at_acme("bob")}},
            ):
                assert (await asked(api, **body)).status_code == 200
        assert await everything(place) == before


async def test_a_preview_comes_true(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        for lead in ("a", "b", "c", "d"):
            shown = await previewed(place)
            await place.offered(lead)
            settled = lead in ("b", "d")
            # Who is first among equals is a matter of dice, which are the lead's own.
            assert not settled or await place.holder(lead) == shown


async def previewed(place: RoutingPlace) -> str:
    state = await place.service.read(lambda tx: preview(tx, SNAPSHOT))
    assert state.custody.holder is not None
    return state.custody.holder.name.removesuffix("@acme.example")


async def test_what_is_no_lead_is_refused_with_the_field(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        async with api_of(place, tmp_path) as api:
            wrong = await asked(api, company={"employes": 5})
        assert wrong.status_code == 422
        assert "employes" in wrong.text


async def test_the_owner_of_the_account_is_asked_first(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        owned = replace(SNAPSHOT, account=Account(owner=at_acme("cy")), company=Company())
        state = await place.service.read(lambda tx: preview(tx, owned))
        assert state.custody.holder is not None
        assert state.custody.holder.name == at_acme("cy")
