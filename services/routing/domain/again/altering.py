"""What if: one input of a decision altered, before it is made again."""

import json
from fractions import Fraction
from typing import Final, Literal, assert_never, get_args

from msgspec.structs import replace

from services.routing.domain.again.replay import Roster
from services.routing.domain.choosing.kept import Kept
from services.routing.domain.turns.turn import Owed, with_newcomers
from shared.agreement import VOCABULARY, Agreement
from shared.effects import CommandRefused
from shared.unknown import expected_one_of

Counted = Literal["load", "today", "owed", "roster", "declined", "paused"]
COUNTED: Final[tuple[Counted, ...]] = get_args(Counted)


def altered(kept: Kept, name: str, value: str, roster: Roster, agreement: Agreement) -> Kept:
    """The same decision with one of its inputs altered. Raises CommandRefused for what is no input.

    That is a word of the agreement, such as company.employees; or one of COUNTED, a point, and of whom.
    `roster`: everybody as they were then.
    """
    kind = next((one for one in COUNTED if name.startswith(f"{one}.")), None)
    if kind is not None:
        whom = name.removeprefix(f"{kind}.")
        _must_be_known(kind, whom, kept, roster, agreement)
        try:
            return _counted_otherwise(kept, kind, whom, value, roster)
        except (ValueError, ZeroDivisionError):
            raise CommandRefused("invalid", f"{name} is a number: give another one than '{value}'") from None
    if name not in VOCABULARY:
        raise CommandRefused(
            "invalid", f"expected a word of the agreement, {expected_one_of(VOCABULARY, name)}"
        )
    facts = dict(kept.receipt.facts)
    facts.pop(name, None)
    if (known := _scalar(value)) is not None:
        facts[name] = known
    return replace(kept, receipt=replace(kept.receipt, facts=facts))


def _must_be_known(kind: Counted, whom: str, kept: Kept, roster: Roster, agreement: Agreement) -> None:
    known, whose = {*roster, *agreement.named}, "somebody whom the roster or the agreement knew then"
    if kind == "paused":
        known |= agreement.teams.keys()
    elif kind == "owed":
        known = {who for team in kept.owed for who in _members(team, roster)}
        whose = "a member of a team whose turns were looked at"
    if whom not in known:
        raise CommandRefused("invalid", f"{kind}: expected {whose}, {expected_one_of(known, whom)}")


def _counted_otherwise(kept: Kept, kind: Counted, whom: str, value: str, roster: Roster) -> Kept:
    match kind:
        case "load":
            return replace(kept, load={**kept.load, whom: int(value)})
        case "today":
            return replace(kept, today={**kept.today, whom: (int(value), kept.today.get(whom, (0, 0))[1])})
        case "roster":
            return replace(kept, roster={**kept.roster, whom: int(value)})
        case "paused":
            return replace(kept, paused={**kept.paused, whom: value})
        case "declined":
            declined = {**kept.lead.declined, whom: value}
            return replace(kept, lead=replace(kept.lead, declined=declined))
        case "owed":
            return _owed_otherwise(kept, whom, str(Fraction(value)), roster)
        case _:
            assert_never(kind)


def _owed_otherwise(kept: Kept, whom: str, exact: str, roster: Roster) -> Kept:
    teams = [team for team in kept.owed if whom in _members(team, roster)]
    owed = {team: {**_begun(kept.owed[team], _members(team, roster)), whom: exact} for team in teams}
    return replace(kept, owed={**kept.owed, **owed})


def _members(team: str, roster: Roster) -> set[str]:
    return {who for who, (rep, teams) in roster.items() if rep.active and team in teams}


def _begun(written: dict[str, str], members: set[str]) -> dict[str, str]:
    """With those who were new where they would have begun: what another is owed is not to move them."""
    owed = Owed.read(written)
    return with_newcomers(owed, members - owed.parts.keys()).written()


def _scalar(value: str) -> str | int | float | bool | None:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, str | int | float | bool) or found is None else value
