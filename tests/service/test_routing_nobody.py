"""A blank where a person should be is nobody, and no decision asks for the same again and again."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.routing.domain.choosing.wanted import Wanted
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.bench import NotOnTheBench
from services.routing.handlers.deciding import Step, try_out
from shared.baton import Handover
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import Account, ScoreReceipt
from shared.effects import PolicyError
from shared.runtime.tx import Cause
from shared.testing.leads import INTAKE, NOON, lead_id
from tests.service.routing_place import AGREEMENT, SNAPSHOT, RoutingPlace, at_acme, routing_at

TELLS = AGREEMENT.replace(
    "to: {person: account.owner}}", "to: {person: account.owner}, tell: account.manager}", 1
)


@pytest.fixture
def place(database_url: str) -> Iterator[RoutingPlace]:
    assert "tell: account.manager" in TELLS
    with routing_at(database_url, agreement=TELLS) as place:
        yield place


async def test_an_owner_without_a_name_is_nobodys_owner(place: RoutingPlace) -> None:
    await place.team("inside", "bob")
    await place.offered("ana", account=Account(domain="northwind.example", owner=""))
    assert await place.holder() == "bob"


@pytest.mark.parametrize("manager", ["", " "])
async def test_a_manager_without_a_name_is_not_told(place: RoutingPlace, manager: str) -> None:
    await place.team("inside", "bob", "cy")
    account = Account(domain="northwind.example", owner=at_acme("cy"), manager=manager)
    await place.offered("ana", account=account)
    assert await place.holder() == "cy"


@pytest.mark.parametrize("blank", [{"person": ""}, {"tell": " "}, {"person": " ", "tell": ""}])
async def test_what_is_set_aside_for_nobody_goes_to_the_team(
    place: RoutingPlace, blank: dict[str, Any]
) -> None:
    await place.team("inside", "bob")
    offer = Handover(kind="offer", number=1, giver=INTAKE)
    receipt = ScoreReceipt(agreement="acme@1", at=NOON)
    given: dict[str, Any] = {
        "rule": "customer",
        "snapshot": SNAPSHOT,
        "receipt": receipt,
        "team": "inside",
    }
    await place.say(LeadSetAside(handover=offer, score=1, grade="D", mql=False, **given | blank))
    await place.turn()
    assert await place.holder() == "bob"


async def test_who_can_not_be_loaded_is_not_asked_for_for_ever(place: RoutingPlace) -> None:
    def asks(*_: Any) -> Any:
        raise NotOnTheBench(person="")

    ana = lead_id("ana")
    step = Step(ana, Cause("test"), asks, lambda _: Wanted())
    with pytest.raises(PolicyError, match="can not be loaded"):
        await place.tx(lambda tx: try_out(tx, [step], {ana: RoutedLead()}))
