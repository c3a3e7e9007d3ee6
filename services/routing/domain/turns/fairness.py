"""How evenly a team's leads were shared, member by member, and what explains each difference."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

from services.routing.domain.turns.tally import GIVEN, Kind, Passed, Tally
from services.routing.domain.turns.turn import Owed

_WHILE: Final[dict[Passed, str]] = {
    "away": "while they were away",
    "off shift": "while they were off shift",
    "at cap": "while they were at a cap, or at their pace",
    "declined": "because they had had the lead already, or been asked to take it over",
    "not asked for": "because a language or skill was asked for",
    "paused": "while they were paused",
}
_SMALL: Final = 0.05
"""What is not worth a line, in leads."""


class Count(msgspec.Struct, frozen=True):
    """How many lines of one kind a person has, with their leads' scores and what they count for."""

    lines: int = 0
    score: int = 0
    worth: int = 0


Counts = Mapping[tuple[str, Kind], Count]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member's leads since the ledger began. All but whole counts are in what leads count for.

    That is 1, unless the team counts by value. `worth` is what `turns` count for; `share` is what that should
    be, `by_weight` what it would be had everybody always been there; `owed` is how far they are behind,
    compared with the team. `unit`: what all of it is told in.
    """

    person: str
    weight: int
    given: int
    turns: int
    worth: int
    exclusive: int
    named: int
    manual: int
    credited: int
    score: int
    by_weight: float
    share: float
    owed: float
    from_others: float
    caught_up: float
    passed: Mapping[Passed, float]
    unit: str = "leads"

    @property
    def why(self) -> list[str]:
        """What explains the difference between what they were given and what their weight says."""
        return list(_explained(self))


def fairness(
    weights: Mapping[str, int],
    owed: Owed,
    tallies: Mapping[str, Tally],
    counts: Counts,
    unit: str = "leads",
) -> list[Member]:
    """The members of a team, and who else had a share or was given its leads, in order.

    `unit`: what shares are told in.
    """
    given = {person for person, kind in counts if kind in GIVEN}
    others = (given | tallies.keys() | owed.parts.keys()) - weights.keys()
    here = owed.among(weights)
    par = sum(here.parts.values()) / here.whole / max(1, len(here.parts))
    found = [
        _member(person, weights.get(person, 0), owed, tallies.get(person), counts, par)
        for person in (*sorted(weights), *sorted(others))
    ]
    return [replace(member, unit=unit) for member in found]


def _member(person: str, weight: int, owed: Owed, known: Tally | None, counts: Counts, par: float) -> Member:
    tally = known or Tally()
    found = {kind: counts.get((person, kind), Count()) for kind in (*GIVEN, "credit")}
    turns = found["turn"].lines - found["credit"].lines
    worth = found["turn"].worth - found["credit"].worth
    has = owed.parts.get(person, 0) / owed.whole
    share = worth + has - tally.began - tally.caught_up
    lost = sum(tally.passed.values())
    return Member(
        person=person,
        weight=weight,
        given=sum(found[kind].lines for kind in GIVEN),
        turns=turns,
        worth=worth,
        exclusive=found["exclusive"].lines,
        named=found["named"].lines,
        manual=found["manual"].lines,
        credited=found["credit"].lines,
        score=sum(found[kind].score for kind in GIVEN),
        by_weight=tally.by_weight,
        share=share,
        owed=has - par if weight and person in owed.parts else 0.0,
        from_others=0.0 if known is None else share - tally.by_weight + lost,
        caught_up=tally.caught_up,
        passed=dict(sorted(tally.passed.items())),
    )


def _explained(member: Member) -> Iterator[str]:
    shares = (
        *((share, f"of their share went to others {_WHILE[why]}") for why, share in member.passed.items()),
        (member.from_others, "came on top because others could not take them"),
        (member.caught_up, "caught up of what went by while they were away"),
        (-member.caught_up, "given up to members who were back"),
    )
    yield from (f"{share:.1f} {member.unit} {what}" for share, what in shares if share >= _SMALL)
    counts = (
        (member.credited, "given back: it was no lead to be had"),
        (member.exclusive, "that only they could take: no turn used"),
        (member.named, "by name: as a rule or the lead's history says, as a cover, or as a last resort"),
        (member.manual, "taken by hand"),
    )
    yield from (f"{_whole(count)} {what}" for count, what in counts if count)
    if not member.weight:
        yield "not in the team now" + _moot(member)
    elif abs(member.owed) >= _SMALL:
        side = "behind" if member.owed > 0 else "ahead of"
        yield f"{abs(member.owed):.1f} {member.unit} {side} their share now"


def _moot(member: Member) -> str:
    """What leaving the team has made moot, by share and turns."""
    behind = member.share - member.worth
    if abs(behind) < _SMALL:
        return ""
    side = "behind" if behind > 0 else "ahead of"
    return f": nobody inherits that they were {abs(behind):.1f} {member.unit} {side} their share"


def _whole(count: int) -> str:
    return "1 lead" if count == 1 else f"{count} leads"
