"""A toy custodian for the race: leads that go between reps and a queue, with a cap, built as a service is.

Lead rows, then the team's row; load, decide, save, say. It counts all that happens to a lead in its state, so
that in the end every event, timer and command can be accounted for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import CheckConstraint, Column, Integer, MetaData, String, Table, insert, select, update

from shared.baton import Custody, Handover, Holder, hand_on, take_offer
from shared.contracts.envelope import Event, Heard
from shared.db.dialect import locked
from shared.db.messaging import messaging_tables
from shared.db.states import States, state_columns
from shared.effects import CancelTimer, Decision, Effect, FiredTimer, PolicyError, Say, SetTimer, nothing
from shared.runtime.tx import Cause, Tx
from shared.terms import LeadId

HEARS: Final = "baton.ingest"
MOST: Final = 6
"""How many leads the team's reps may hold together."""
CLOCKS_MAX: Final = 40
"""After so many clocks a lead is left in peace, so that the race comes to an end."""
REP: Final = Holder("rep", "rex", "rex@acme.example")
QUEUE: Final = Holder("queue", "team", "deputy@acme.example")


class Offered(Event, frozen=True, kw_only=True):
    """A lead is offered to the team."""

    TYPE: ClassVar[str] = "race.offered"
    TOPICS: ClassVar[tuple[str, ...]] = (HEARS,)


class Poked(Event, frozen=True, kw_only=True):
    """A signal that must count once."""

    TYPE: ClassVar[str] = "race.poked"
    TOPICS: ClassVar[tuple[str, ...]] = (HEARS,)


class Passed(Event, frozen=True, kw_only=True):
    """The baton went to somebody else."""

    TYPE: ClassVar[str] = "race.passed"
    TOPICS: ClassVar[tuple[str, ...]] = ("baton.race",)


class Runner(msgspec.Struct, frozen=True, omit_defaults=True):
    """One lead, and a count of all that happened to it. A clock that was set has fired or was dropped."""

    custody: Custody = Custody()
    waits_until: datetime | None = None
    pokes: int = 0
    commands: int = 0
    clocks_set: int = 0
    clocks_fired: int = 0
    clocks_dropped: int = 0
    clocks_moot: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """What a decision needs beside the lead: the instant, how many leads reps hold, how long a clock runs."""

    now: datetime
    held: int
    wait: timedelta


metadata = MetaData()
runners = Table("race_leads", metadata, *state_columns())
teams = Table(
    "race_teams",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("held", Integer, nullable=False),
    CheckConstraint(f"held >= 0 AND held <= {MOST}", name="cap"),
)
messaging = messaging_tables("race", metadata)
states: Final = States(runners, Runner)
Decide = Callable[[Runner, Scene], Decision[Runner]]

# ---- decisions, pure


def take(runner: Runner, scene: Scene, handover: Handover) -> Decision[Runner]:
    """Take what is offered: a rep if the cap allows, else the queue."""
    passed = take_offer(runner.custody, handover, REP if scene.held < MOST else QUEUE)
    return nothing(runner) if passed is None else _moved(runner, scene, *passed)


def pass_on(runner: Runner, scene: Scene) -> Decision[Runner]:
    """Give it to the other kind of holder, if the cap allows."""
    if not runner.custody.ours or runner.custody.holder is None:
        return nothing(runner)
    to = REP if runner.custody.holder.kind == "queue" and scene.held < MOST else QUEUE
    return _moved(runner, scene, *hand_on(runner.custody, to))


def fire(runner: Runner, scene: Scene, due_at: datetime) -> Decision[Runner]:
    """A clock ran out: moot unless the lead waits for this very one."""
    if runner.waits_until != due_at:
        return Decision(replace(runner, clocks_moot=runner.clocks_moot + 1))
    return pass_on(_rung(runner, scene.now), scene)


def _rung(runner: Runner, now: datetime) -> Runner:
    """The clock that it waits for has run out."""
    if runner.waits_until is None or now < runner.waits_until:
        raise PolicyError("nobody waits for this clock, or not yet")
    return replace(runner, waits_until=None, clocks_fired=runner.clocks_fired + 1)


def rest(runner: Runner, scene: Scene) -> Decision[Runner]:
    """Stop its clock."""
    return Decision(_dropped(runner), (CancelTimer("touch"),))


def poke(runner: Runner, scene: Scene) -> Decision[Runner]:
    """Count a signal."""
    return Decision(replace(runner, pokes=runner.pokes + 1))


def commanded(decide: Decide) -> Decide:
    """The same as a command, which is counted."""

    def counted(runner: Runner, scene: Scene) -> Decision[Runner]:
        return decide(replace(runner, commands=runner.commands + 1), scene)

    return counted


def _dropped(runner: Runner) -> Runner:
    if runner.waits_until is None:
        return runner
    return replace(runner, waits_until=None, clocks_dropped=runner.clocks_dropped + 1)


def _moved(runner: Runner, scene: Scene, custody: Custody, handover: Handover) -> Decision[Runner]:
    after = replace(_dropped(runner), custody=custody)
    effects: tuple[Effect, ...] = (Say(Passed(handover=handover)),)
    if after.clocks_set >= CLOCKS_MAX:
        return Decision(after, (*effects, CancelTimer("touch")))
    due_at = scene.now + scene.wait
    after = replace(after, waits_until=due_at, clocks_set=after.clocks_set + 1)
    return Decision(after, (*effects, SetTimer("touch", due_at)))


# ---- the shell


@dataclass(slots=True)
class Team:
    """The handlers. `pause` is called between the locks and the writes: where another process may come."""

    pause: Callable[[], None]

    def on_events(self, tx: Tx, events: Sequence[Heard[Any]]) -> None:
        self._decide_all(tx, [(heard.lead, _reaction(heard), Cause.of(heard)) for heard in events])

    def on_timers(self, tx: Tx, timers: Sequence[FiredTimer]) -> None:
        self._decide_all(tx, [(timer.lead, _firing(timer), Cause.of(timer)) for timer in timers])

    def command(self, tx: Tx, lead: LeadId, decide: Decide, cause: str) -> None:
        self._decide_all(tx, [(lead, commanded(decide), Cause(cause))])

    def swap(self, tx: Tx, first: LeadId, second: LeadId, cause: str) -> None:
        """What no service may do: take two leads in the order in which they were named."""
        for lead in (first, second):
            found = states.lock(tx.conn, [lead])
            self.pause()
            decision = commanded(lambda runner, _: nothing(runner))(
                found[lead], Scene(tx.now, 0, timedelta())
            )
            states.save(tx.conn, {lead: decision.state})

    def _decide_all(self, tx: Tx, steps: Iterable[tuple[LeadId, Decide, Cause]]) -> None:
        steps = list(steps)
        before = states.lock(tx.conn, [lead for lead, _, _ in steps])
        query = locked(select(teams.c.held).where(teams.c.name == "team"))
        held = tx.conn.execute(query).scalar_one()
        self.pause()
        after = dict(before)
        for lead, decide, cause in steps:
            wait = timedelta(milliseconds=tx.dice(cause.id, lead).randint(0, 150))
            decision = decide(after[lead], Scene(tx.now, held, wait))
            held += _by_rep(decision.state) - _by_rep(after[lead])
            after[lead] = decision.state
            tx.carry_out(lead, decision.effects, cause)
        states.save(tx.conn, after)
        tx.conn.execute(update(teams).values(held=held))


def open_team(tx: Tx) -> None:
    """The team's row."""
    tx.conn.execute(insert(teams), [{"name": "team", "held": 0}])


def held_by_reps(tx: Tx) -> int:
    """What the team's row says."""
    held: int = tx.conn.execute(select(teams.c.held)).scalar_one()
    return held


def _by_rep(runner: Runner) -> int:
    holder = runner.custody.holder
    return int(runner.custody.ours and holder is not None and holder.kind == "rep")


def _reaction(heard: Heard[Any]) -> Decide:
    if isinstance(heard.event, Poked):
        return poke
    handover = heard.event.handover
    return lambda runner, scene: take(runner, scene, handover)


def _firing(timer: FiredTimer) -> Decide:
    return lambda runner, scene: fire(runner, scene, timer.due_at)
