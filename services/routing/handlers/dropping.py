"""What a new version of the agreement drops although it is used: a team, who answers for one, a calendar."""

from collections import Counter

from services.routing.domain.people.bench import named_by
from services.routing.store.leads import count_by_person, count_by_team
from services.routing.store.roster import roster_of
from shared.agreement import Agreement
from shared.runtime.tx import Tx


def still_held(tx: Tx, new: Agreement) -> list[str]:
    """A sentence for each team and calendar that the new version is without, and whom it names no more."""
    teams = count_by_team(tx.conn)
    dropped = [
        f"it drops the team '{team}', which still holds {_leads(count)}: keep it until they are gone"
        for team, count in teams.items()
        if team not in new.teams
    ]
    named = named_by(new)
    people = {person: n for person, n in count_by_person(tx.conn).items() if person not in named}
    active = {person for person, listed in roster_of(tx.conn, people).items() if listed.active}
    return [*dropped, *_calendars(tx, new)] + [
        f"it names {person} no more, who still answers for {_leads(count)}: keep naming them until those are "
        "gone, or put them into the roster"
        for person, count in people.items()
        if person not in active
    ]


def _calendars(tx: Tx, new: Agreement) -> list[str]:
    """Without their calendar, people would work day and night."""
    active = (listed.entry.details.calendar for listed in roster_of(tx.conn).values() if listed.active)
    used = Counter(calendar for calendar in active if calendar is not None)
    return [
        f"it drops the calendar '{calendar}', by which {count} of the roster work: give them another first"
        for calendar, count in sorted(used.items())
        if calendar not in new.calendars
    ]


def _leads(count: int) -> str:
    return "1 lead" if count == 1 else f"{count} leads"
