"""People and teams are paused and resumed: while they are, leads wait in the team's queue with its deputy."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.routing.domain.choosing.takers import queues_for, queues_for_somebody
from services.routing.domain.people.pause import Kind, Pause
from services.routing.handlers.deciding import wake
from services.routing.handlers.reads import must_be_a_team
from services.routing.handlers.roster import spelled
from services.routing.store import bench, pauses
from services.routing.store import roster as people
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.unknown import expected_one_of


@dataclass(frozen=True, slots=True)
class Word:
    """Who pauses or resumes whom, and why."""

    kind: Kind
    name: str
    by: str
    because: str


def pause(tx: Tx, word: Word) -> Pause:
    """Nothing new is given to them. Raises CommandRefused for somebody unknown, or paused already."""
    word = _meant(tx, word)
    _locked(tx, word)
    if (now := pauses.open_pause(tx.conn, word.kind, word.name)) is not None:
        raise CommandRefused("wrong stage", f"{word.name} is {now.words}; resume first to say it anew")
    begun = Pause(word.kind, word.name, tx.now, word.by, word.because)
    pauses.begin_pause(tx.conn, begun)
    return begun


def resume(tx: Tx, word: Word) -> Pause:
    """They are given leads again, those first that wait. Raises CommandRefused for who is not paused."""
    word = _meant(tx, word)
    teams = _locked(tx, word)
    now = pauses.open_pause(tx.conn, word.kind, word.name)
    if now is None:
        raise CommandRefused("wrong stage", f"{word.name} is not paused; `baton pause list` shows who is")
    ended = now.ended(tx.now, word.by, word.because)
    pauses.end_pause(tx.conn, ended)
    queues = (queues_for if word.kind == "team" else queues_for_somebody)(teams, tx.agreement)
    wake(tx, dict.fromkeys(queues, tx.now))
    return ended


def all_pauses(tx: Tx, *, is_open: bool = True) -> list[Pause]:
    """Who is paused now, or all pauses that there were, the newest first."""
    found: Iterable[Pause] = pauses.read_pauses(tx.conn)
    return [one for one in found if one.until is None or not is_open]


def _meant(tx: Tx, word: Word) -> Word:
    return Word(word.kind, spelled(tx, word.name), word.by, word.because) if word.kind == "rep" else word


def _locked(tx: Tx, word: Word) -> set[str]:
    """The teams that this concerns, locked, so that no decision is made meanwhile."""
    if word.kind == "team":
        must_be_a_team(tx, word.name)
        return set(bench.lock_teams(tx.conn, [word.name]))
    teams = people.teams_of(tx.conn, [word.name])
    bench.lock_teams(tx.conn, teams)
    bench.lock_people(tx.conn, [word.name])
    if not any(one.active for one in people.roster_of(tx.conn, [word.name]).values()):
        active = (who for who, one in people.roster_of(tx.conn).items() if one.active)
        raise CommandRefused(
            "unknown", f"expected somebody of the roster, {expected_one_of(active, word.name)}"
        )
    return teams
