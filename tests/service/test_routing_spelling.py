"""An address names one person, whatever the case of its letters."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from services.routing.domain.clocks.waiting import untold
from services.routing.domain.steps.reporting import Contact
from services.routing.handlers.preview import preview
from services.routing.store.leads import lead_states
from shared.baton import Handover, Holder
from shared.contracts.recycle import LeadReturned
from shared.contracts.values import Account, Whose
from shared.runtime.errands import claim_errands
from shared.testing.leads import lead_id
from tests.service.routing_place import (
    AGREEMENT,
    SNAPSHOT,
    TRACK,
    RoutingPlace,
    at_acme,
    routing_at,
)
from tests.service.test_routing_aside import set_aside
from tests.service.test_routing_http import Api, api_of

pytestmark = pytest.mark.slow

BOB, LOUD = at_acme("bob"), "BOB@Acme.example"
ACCOUNT = Account(domain="northwind.example", match="strong")
KNOWN_OWNER = "    - {name: known owner, when: {account.owner: known}, to: {person: account.owner}}\n"
CSV = {"content-type": "text/csv"}


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    with routing_at(database_url) as place:
        yield place


@pytest.fixture
async def api(place: RoutingPlace, tmp_path: Path) -> AsyncIterator[Api]:
    async with api_of(place, tmp_path, loud=LOUD) as api:
        await place.team("inside", "bob", zone="UTC")
        yield api


async def roster(api: Api, *lines: str) -> dict[str, object]:
    text = "\n".join(["person,name,teams,cover", *lines])
    answer = await api.call("manager", "POST", "/v1/roster", content=text, headers=CSV)
    assert answer.status_code == 200
    done: dict[str, object] = answer.json()
    return done


async def test_who_is_imported_in_other_letters_is_who_is_there(api: Api) -> None:
    done = await roster(api, f"{LOUD},Robert,inside,")
    assert done == {"added": [], "changed": [BOB], "unchanged": 0}
    [bob] = (await api.get("manager", "/v1/roster")).json()
    assert (bob["person"], bob["name"]) == (BOB, "Robert")


async def test_whom_the_agreement_names_and_who_has_left_are_known_too(api: Api) -> None:
    assert (await api.post("manager", f"/v1/roster/{LOUD}/leave")).status_code == 200
    done = await roster(api, f"{LOUD},Bob,inside,Lena@acme.example", "DORA@acme.example,Dora,inside,")
    assert done == {"added": ["dora@acme.example"], "changed": [BOB], "unchanged": 0}
    cover = {one["person"]: one["cover"] for one in (await api.get("manager", "/v1/roster")).json()}
    assert cover == {BOB: at_acme("lena"), "dora@acme.example": None}


async def test_a_key_in_other_letters_is_theirs(place: RoutingPlace, api: Api) -> None:
    await place.offered("ana")
    assert len((await api.get("loud", f"/v1/reps/{BOB}/leads")).json()) == 1
    assert len((await api.get("bob", f"/v1/reps/{LOUD}/leads")).json()) == 1
    taken = await api.post("loud", f"/v1/leads/{lead_id('ana')}/accept")
    assert (taken.status_code, taken.json()["holder"]) == (200, BOB)


async def test_who_acts_knows_of_it_in_whatever_letters(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana")
    told = untold(await place.state(), place.clock.at)
    await place.tx(lambda tx: lead_states.save(tx.conn, {lead_id("ana"): told}))
    await place.do("accept", "BOB")
    assert (await place.state()).untold_since is None
    await place.do("contact", "bob", said=Contact(channel="phone"))


async def test_absences_pauses_and_history_are_theirs(api: Api) -> None:
    away = await api.post("manager", f"/v1/roster/{LOUD}/absences", begin="2026-12-24")
    assert away.json()["person"] == BOB
    word = {"kind": "rep", "name": LOUD, "because": "a course"}
    assert (await api.post("manager", "/v1/pauses", **word)).json()["name"] == BOB
    resumed = await api.call("manager", "DELETE", f"/v1/pauses/rep/{LOUD}")
    assert (resumed.status_code, resumed.json()["name"]) == (200, BOB)
    assert len((await api.get("manager", f"/v1/roster/{LOUD}/history")).json()) == 2


@pytest.mark.parametrize("written", [LOUD, f" {LOUD} "])
async def test_an_account_owner_in_other_letters_is_who_is_there(place: RoutingPlace, written: str) -> None:
    await place.team("inside", "bob", "cy")
    for lead in ("ana", "ben"):
        await place.offered(lead, account=replace(ACCOUNT, owner=written))
    assert [await place.holder("ana"), await place.holder("ben")] == ["bob", "bob"]


@pytest.mark.parametrize(
    ("word", "field"), [("account.manager", "manager"), ("opportunity.owner", "opportunity_owner")]
)
async def test_so_are_others_whom_the_crm_names(database_url: str, word: str, field: str) -> None:
    agreed = AGREEMENT.replace(KNOWN_OWNER, KNOWN_OWNER.replace("account.owner", word))
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob", "cy")
        for lead in ("ana", "ben"):
            await place.offered(lead, account=replace(ACCOUNT, **{field: LOUD}))
        assert [await place.holder("ana"), await place.holder("ben")] == ["bob", "bob"]


@pytest.mark.parametrize("owner", ["bob", "cy"])
async def test_so_is_who_owns_the_account_in_a_preview(place: RoutingPlace, owner: str) -> None:
    await place.team("inside", "bob", "cy")
    story = replace(SNAPSHOT, account=replace(ACCOUNT, owner=at_acme(owner).upper()))
    asked = await place.service.read(lambda tx: preview(tx, story))
    assert asked.custody.holder == Holder("rep", at_acme(owner), at_acme(owner))


async def test_so_is_who_comes_first_in_a_team_as_the_owner(database_url: str) -> None:
    agreed = AGREEMENT.replace("      at_most: {open: 3}\n", "      turn: owner_first\n")
    agreed = agreed.replace(KNOWN_OWNER, "")
    with routing_at(database_url, agreement=agreed) as place:
        await place.team("inside", "bob", "cy")
        for lead in ("ana", "ben"):
            await place.offered(lead, account=replace(ACCOUNT, owner=LOUD))
        assert [await place.holder("ana"), await place.holder("ben")] == ["bob", "bob"]


async def test_so_are_those_whom_scoring_and_recycle_name(place: RoutingPlace) -> None:
    await place.team("inside", "bob", "cy", notify="https://reps.example/hook")
    await place.say(set_aside(person=LOUD, tell="CY@acme.example"))
    await place.turn()
    offer = Handover(kind="offer", number=2, giver=TRACK)
    whose = Whose(rule="customer", person=LOUD)
    await place.say(LeadReturned(handover=offer, signal="", round=0, whose=whose, snapshot=SNAPSHOT), "ben")
    await place.turn()
    assert [await place.holder("ana"), await place.holder("ben")] == ["bob", "bob"]
    told = [errand.body["person"] for errand in await claim_errands(place.service)]
    assert at_acme("cy") in told
