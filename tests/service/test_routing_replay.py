"""Every decision can be made again as things were then, and says what would have made it another one."""

from datetime import timedelta

from services.routing.domain.replay import Replayed
from services.routing.handlers import decisions, roster
from shared.terms import LeadId
from shared.testing.leads import lead_id
from tests.service.routing_place import RoutingPlace, at_acme, routing_at


async def replayed(place: RoutingPlace, number: int = 1, lead: str = "ana", **changes: str) -> Replayed:
    name = decisions.name_of(LeadId(lead_id(lead)), number)
    altered = {what.replace("__", "."): value for what, value in changes.items()}
    return await place.service.read(lambda tx: decisions.replay(tx, name, {}, altered))


async def test_a_decision_comes_out_the_same_after_everything_has_changed(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana", "ben", "cem")
        await place.team("inside", "bob=5", "dan", calendar="")
        await place.tx(lambda tx: roster.leave(tx, at_acme("cy")))
        await place.pass_time(timedelta(days=2))
        for lead in ("ana", "ben", "cem"):
            found = await replayed(place, 1, lead)
            assert found.differs == []
            assert found.again == found.kept
