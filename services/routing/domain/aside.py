"""Where a lead goes that the agreement sets aside: it is somebody else's, and no MQL."""

from msgspec.structs import replace

from services.routing.domain.choose import by_rules, to_person
from services.routing.domain.members import in_team
from services.routing.domain.model import RoutedLead
from services.routing.domain.place import Place
from services.routing.domain.scene import Scene
from shared.contracts.scoring import LeadSetAside
from shared.contracts.values import RuleTried


def whose_it_is(event: LeadSetAside, lead: RoutedLead, scene: Scene) -> Place:
    """The person that the rule names, else its team, else the routing rules; with why not the ones before."""
    team = event.team if event.team in scene.agreement.teams else None
    found: Place | str = "it names no person"
    if event.person is not None:
        found = to_person(event.person, team or scene.team_of(lead).name, lead, scene)
    passed_over = f"; passed over: {found}" if isinstance(found, str) else ""
    tried = RuleTried(name=event.rule, matched=True, sentence=f"it is set aside, and no MQL{passed_over}")
    if isinstance(found, Place):
        return replace(found, rules=(tried,))
    place = in_team(team, lead, scene) if team is not None else by_rules(lead, scene)
    return replace(place, rules=(tried, *place.rules))
