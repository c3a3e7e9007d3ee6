"""What a new version of the agreement drops although it is used: a team, who answers for one, a calendar."""

from collections import Counter
from collections.abc import Iterator, Mapping

from services.routing.store.leads import asked, count_by_person, count_by_team, lead_states
from services.routing.store.roster import roster_of
from shared.agreement import Agreement
from shared.runtime.tx import Tx


def still_held(tx: Tx, new: Agreement) -> list[str]:
    """A sentence for each team and calendar that the new version is without, and whom it names no more."""
    teams, people = count_by_team(tx.conn), count_by_person(tx.conn)
    dropped = [
        f"it drops the team '{team}', which still holds {_leads(count)}: keep it until they are gone"
        for team, count in teams.items()
        if team not in new.teams
    ]
    return [*dropped, *_offered(tx, new), *_calendars(tx, new)] + [
        f"it names {person} no more, who still answers for {_leads(count)}: keep naming them until those are "
        "gone, or put them into the roster"
        for person, count in _named_no_more(tx, people, new)
    ]


def _offered(tx: Tx, new: Agreement) -> Iterator[str]:
    """A hand-off needs the executives' team until it is answered: a no may go to its lead."""
    states = lead_states.read(tx.conn, asked(tx.conn)).values()
    offers = [state.handoff for state in states if state.handoff is not None]
    for team, count in sorted(Counter(offer.team for offer in offers).items()):
        if team not in new.teams:
            yield (
                f"it drops the team '{team}', which is asked to take over {_leads(count)}: keep it until "
                "that is answered"
            )
    for person, count in _named_no_more(tx, Counter(offer.to for offer in offers), new):
        yield (
            f"it names {person} no more, who is asked to take over {_leads(count)}: keep naming them until "
            "that is answered, or put them into the roster"
        )


def _named_no_more(tx: Tx, people: Mapping[str, int], new: Agreement) -> Iterator[tuple[str, int]]:
    """Of these people those who could hold nothing by the new version, with how many leads they have."""
    others = people.keys() - new.named
    active = {person for person, listed in roster_of(tx.conn, others).items() if listed.active}
    yield from ((person, people[person]) for person in sorted(others - active))


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
