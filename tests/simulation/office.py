"""Who moves leads beside the reps in the richer world: managers, deputies, marketing, and the CRM."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from deploy.virtual.drive import drive
from services.ingest import handlers as ingest
from services.routing.domain.model import RoutedLead
from services.routing.domain.people.absences import added, taken_back
from services.routing.domain.people.person import Absence
from services.routing.domain.steps.act import Actor
from services.routing.handlers import commands, roster
from services.routing.handlers.commands import Command
from services.routing.handlers.rerouting import Wish, reroute
from services.routing.store.leads import lead_states
from services.routing.tables import leads as routed
from services.scoring.handlers import scores
from shared.agreement.conditions.when import Condition
from shared.contracts.ingest import AccountUpdated, ConsentChanged, OutcomeReported
from shared.effects import CommandRefused
from shared.runtime.tx import Tx
from shared.terms import Consent, LeadId
from tests.simulation.edge import SOURCES, Edge
from tests.simulation.outside import Outside
from tests.simulation.people import People
from tests.simulation.senders import COMPANIES, SOURCE, heap
from tests.simulation.world import SPAN, START, World

MANAGER = Actor("sam@acme.example", manager=True)
"""Sales' lead, who may act in anybody's place."""


@dataclass(slots=True)
class Office:
    """Each deed is done to whatever lead the dice find, and is refused where it makes no sense."""

    world: World
    edge: Edge
    people: People
    outside: Outside
    told: int = field(default=0)

    def open(self) -> None:
        """What they will do, and when."""
        at_random: tuple[tuple[Callable[[], None], int], ...] = (
            (self.imports, 3),
            (self.says_of_an_account, 8),
            (self.merges, 4),
            (self.hears_of_consent, 12),
            (self.hears_of_an_outcome, 8),
            (self.pauses_a_team, 2),
            (self.plans_an_absence, 6),
            (self.changes_the_roster, 5),
            (self.takes_from_a_queue, 12),
            (self.acts_for_a_rep, 8),
            (self.reroutes_some, 2),
            (self.contests_a_score, 4),
            (self.cuts_off_a_tool, 2),
        )
        for deed, times in at_random:
            for _ in range(times):
                self.world.at(START + SPAN * self.world.luck.dice.uniform(0.02, 1.0), deed)

    # ---- ingest

    def imports(self) -> None:
        """The rows of a fair, all at once."""
        self.told += 1
        source = dataclasses.replace(SOURCES[SOURCE], how="import")
        self.edge.post(list(heap(self.world.luck.dice, self.told, self.world.clock.now())), source)
        self._mark("a heap comes")

    def says_of_an_account(self) -> None:
        """Who has a company, or that it is a customer, a partner, in a deal, or nothing of it any more."""
        dice = self.world.luck.dice
        reps, firm = sorted(self.world.firm.reps), self.world.firm.agreements[0]
        said = AccountUpdated(
            domain=f"company{dice.randrange(COMPANIES)}.example",
            relation=dice.choice(("prospect", "prospect", "customer", "partner")),
            manager=dice.choice((None, *reps)),
            owner=dice.choice((None, *reps)),
            pod=dice.choice((None, None, *sorted(firm.teams))),
            open_opportunity=(deal := dice.choice((None, None, "a deal"))),
            opportunity_owner=dice.choice((None, *reps)) if deal else None,
        )
        word = self._word()
        self._tells("the CRM says something of an account", lambda tx: ingest.set_account(tx, word, said))

    def merges(self) -> None:
        """Somebody knows that two leads are one."""
        two = [self._lead(), self._lead()]
        word = self._word()
        self._tells("a merge is asked for", lambda tx: ingest.merge(tx, word, two[0], two[1]))

    def hears_of_consent(self) -> None:
        """Somebody refuses contact, or allows it, again or for the first time."""
        lead, word = self._lead(), self._word()
        consent = self.world.luck.dice.choice((Consent.GRANTED, Consent.GRANTED, Consent.DENIED))
        said = ConsentChanged(consent=consent, proof=word.name, source="phone")
        self._tells(f"consent is {consent.value}", lambda tx: ingest.set_consent(tx, word, lead, said))

    def hears_of_an_outcome(self) -> None:
        """The CRM says what became of a lead, whoever has it, sometimes long after."""
        lead, word = self._lead(), self._word()
        outcome = self.world.luck.dice.choice(("won", "lost", "lost", "opportunity"))
        said = OutcomeReported(outcome=outcome, value="10", happened_at=self.world.clock.now())
        self._tells(f"the CRM says: {outcome}", lambda tx: ingest.report_outcome(tx, word, lead, said))

    # ---- routing

    def pauses_a_team(self) -> None:
        """A team is given nothing for some hours."""
        self.people.is_paused(
            self.world.luck.dice.choice(sorted(self.world.firm.agreements[0].teams)), "team"
        )

    def plans_an_absence(self) -> None:
        """Somebody will be away, on a day or a part of one; or will be there after all."""
        dice, now = self.world.luck.dice, self.world.clock.now()
        person = dice.choice(sorted(self.world.firm.reps))
        begin = (now + timedelta(hours=dice.uniform(-1, 20))).isoformat(timespec="minutes")
        end = (now + timedelta(hours=dice.uniform(20, 24))).isoformat(timespec="minutes")
        today = f"{now + timedelta(days=dice.randrange(2)):%Y-%m-%d}"
        absence = dice.choice(
            (Absence(begin, end), Absence(today, today), Absence(f"{today}T12:00", f"{today}T18:00"))
        )
        back = dice.random() < 0.4

        def change(tx: Tx) -> object:
            def of(details: Any, agreement: Any) -> Any:
                if back and details.absences:
                    return taken_back(details, details.absences[0].begin)
                return added(details, absence, agreement)

            return roster.change(tx, person, of, MANAGER.person)

        self._routes("an absence is planned or taken back", change)

    def changes_the_roster(self) -> None:
        """Somebody is in other teams, works other hours, or learns something."""
        dice, firm = self.world.luck.dice, self.world.firm
        teams = dice.sample(sorted(firm.agreements[0].teams), 2)
        more = dice.choice(
            (
                {"teams": f"{teams[0]}={dice.randrange(1, 4)}; {teams[1]}"},
                {"calendar": dice.choice(("berlin", "lisbon", "new-york")), "shifts": "", "zone": ""},
                {
                    "shifts": "mon-sun 06:00-11:00 12:00-18:00",
                    "zone": "Europe/Lisbon",
                    "cover": "cam@acme.example",
                },
                {"languages": "es; en", "skills": "insight; banking"},
            )
        )
        person = dice.choice([one for one in sorted(firm.reps) if one != "cam@acme.example"])
        self.people.enters(self.people.row(person, **more))
        self._mark("the roster is changed")

    def takes_from_a_queue(self) -> None:
        """A deputy takes by hand what waits."""
        self._does(
            "a deputy takes a lead from a queue",
            lambda lead: lead.holding and _holder(lead).kind == "queue",
            lambda tx, lead, state: commands.accept(tx, Command(lead, Actor(_holder(state).answers))),
        )

    def acts_for_a_rep(self) -> None:
        """A manager says yes, or no, in the place of whoever has it."""
        no = self.world.luck.dice.random() < 0.5

        def act(tx: Tx, lead: LeadId, state: RoutedLead) -> object:
            command = Command(lead, MANAGER)
            return (
                commands.reject(tx, command, "wrong-team", "", None) if no else commands.accept(tx, command)
            )

        self._does("a manager acts for a rep", lambda lead: lead.holding and not lead.accepted, act)

    def reroutes_some(self) -> None:
        """Only those of which something holds, and that nobody has accepted; first it is tried out."""
        rules = self.world.firm.agreements[0].routing_rules
        where: Condition = self.world.luck.dice.choice(rules).condition
        wish = Wish(START, MANAGER.person, "some went wrong", where=where)

        def try_and_do(tx: Tx) -> object:
            tried, _ = reroute(tx, wish, dry=True)
            done, _ = reroute(tx, wish)
            assert [(one.lead, one.now) for one in tried] == [(one.lead, one.now) for one in done]
            return done

        self._routes("leads are routed again by a condition", try_and_do)

    # ---- operators

    def cuts_off_a_tool(self) -> None:
        """The nurture tool, or somebody's address, answers nothing for hours."""
        dice, down = self.world.luck.dice, self.outside.down
        name = dice.choice(("nurture.example", *(f"/{person}" for person in sorted(self.world.firm.reps))))
        down.add(name)
        self._mark("a tool is cut off")
        self.world.after(timedelta(hours=dice.uniform(1, 30)), lambda: down.discard(name))

    # ---- scoring

    def contests_a_score(self) -> None:
        """A rep says that a line is wrong; marketing settles it."""
        lead = self._lead()

        def contest(tx: Tx) -> None:
            _, kept = scores.scored_lead(tx, lead)
            lines = [point.name for point in (*kept.receipt.fit, *kept.receipt.engagement)]
            name = f"{lead}.{kept.receipt.number}"
            scores.contest_line(tx, name, lines[0] if lines else "none", "ada@acme.example", "it is wrong")
            if self.told % 2:
                scores.settle(tx, name, lines[0], "maya@acme.example", "it is")

        self._attempt("scoring", "a score is contested", contest)

    # ---- how

    def _lead(self) -> LeadId:
        known = sorted({lead for lead in self.edge.acknowledged.values() if lead is not None})
        return self.world.luck.dice.choice(known) if known else LeadId("nobody")

    def _word(self) -> ingest.Word:
        self.told += 1
        return ingest.Word(f"word/{self.told}", "crm", f"{self.told}".encode())

    def _does(
        self,
        mark: str,
        meant: Callable[[RoutedLead], bool],
        act: Callable[[Tx, LeadId, RoutedLead], object],
    ) -> None:
        dice = self.world.luck.dice.random()

        def work(tx: Tx) -> object:
            ids = [
                LeadId(one)
                for one in tx.conn.execute(select(routed.c.lead_id).order_by(routed.c.lead_id)).scalars()
            ]
            states = {lead: state for lead, state in lead_states.read(tx.conn, ids).items() if meant(state)}
            if not states:
                raise CommandRefused("unknown", "there is none")
            lead = sorted(states)[int(dice * len(states))]
            return act(tx, lead, states[lead])

        self._routes(mark, work)

    def _routes(self, mark: str, work: Callable[[Tx], object]) -> None:
        self._attempt("routing", mark, work)

    def _tells(self, mark: str, work: Callable[[Tx], object]) -> None:
        self._attempt("ingest", mark, work)

    def _attempt(self, service: str, mark: str, work: Callable[[Tx], object]) -> None:
        def deed() -> None:
            try:
                drive(self.world.nodes[service].service.tx(work))
                self._mark(mark)
            except CommandRefused:
                self._mark(f"refused: {mark}")

        self.world.attempt(deed, again_after=timedelta(minutes=2))

    def _mark(self, what: str) -> None:
        self.world.luck.marks[what] += 1


def _holder(lead: RoutedLead) -> Any:
    assert lead.custody.holder is not None, "routing holds it"
    return lead.custody.holder
