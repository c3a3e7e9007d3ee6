"""What a new version of the agreement drops although leads are held there: a team, or who answers for one."""

from services.routing.domain.bench import named_by
from services.routing.store.leads import count_by_person, count_by_team
from services.routing.store.roster import roster_of
from shared.agreement import Agreement
from shared.runtime.tx import Tx


def still_held(tx: Tx, new: Agreement) -> list[str]:
    """A sentence for each team that is not in the new version, and each person whom it names no more."""
    teams = count_by_team(tx.conn)
    dropped = [
        f"it drops the team '{team}', which still holds {_leads(count)}: keep it until they are gone"
        for team, count in teams.items()
        if team not in new.teams
    ]
    named = named_by(new)
    people = {person: n for person, n in count_by_person(tx.conn).items() if person not in named}
    active = {person for person, listed in roster_of(tx.conn, people).items() if listed.active}
    return dropped + [
        f"it names {person} no more, who still answers for {_leads(count)}: keep naming them until those are "
        "gone, or put them into the roster"
        for person, count in people.items()
        if person not in active
    ]


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count} leads"
