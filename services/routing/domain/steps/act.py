"""What a rep does with a lead: accept, reject, contact, meet, qualify, give it back, win or lose the deal.

Only the person who answers for the lead may, or a manager in their place. Who asks too early, too late or for
somebody else's lead is refused in one sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from services.routing.domain.choosing.assign import hand_on
from services.routing.domain.choosing.choose import executives_for
from services.routing.domain.choosing.ledger import give_back, is_no_lead, turn_taken
from services.routing.domain.choosing.place import Place
from services.routing.domain.clocks.of_lead import progressed, touched, with_touch_clock
from services.routing.domain.clocks.waiting import resumed, snoozed
from services.routing.domain.model import GivingUp, RoutedLead, with_chapter
from services.routing.domain.scene import Routed, Scene
from services.routing.domain.steps import dispute, handoff, meeting, part
from services.routing.domain.steps.giving_up import agreed_reason, expected
from services.routing.domain.steps.reporting import Contact, Reported
from shared import baton
from shared.baton import Holder
from shared.contracts.routing import LeadAccepted, LeadContacted, LeadSalesQualified
from shared.effects import CommandRefused, Decision, Say
from shared.people import same
from shared.terms import LeadId, Stage


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. A manager may act in the place of whoever answers for the lead; a tool reports for them."""

    person: str
    manager: bool = False
    tool: bool = False

    @property
    def reports(self) -> Reported:
        """Whose word it is, if they report what was done."""
        return Reported("tool", self.person) if self.tool else Reported()


def accept(lead: RoutedLead, who: Actor, scene: Scene) -> Routed:
    """Yes: it is an SAL, and must be touched in time. A deputy who accepts what a queue holds has it then."""
    holder = must_answer(lead, who, scene)
    if lead.dispute is not None:
        raise CommandRefused("wrong stage", f"the arbiter must rule first: {lead.dispute.reason}")
    if lead.accepted:
        raise CommandRefused("wrong stage", f"{holder.answers} has accepted it already")
    taken = Decision(lead)
    if holder.kind == "queue":
        place = Place(
            Holder("rep", holder.answers, holder.answers),
            scene.team_of(lead).name,
            note="the deputy took it",
            kind="manual",
        )
        taken = hand_on(lead, place, "released", scene, by=who.person)
    # Who takes it from the queue need not be told by a message that they have it.
    said = tuple(effect for effect in taken.effects if isinstance(effect, Say))
    return Decision(taken.state, said).then(said_yes(taken.state, holder.answers, scene))


def said_yes(lead: RoutedLead, by: str, scene: Scene) -> Routed:
    """Whoever has it works it from now on: it is an SAL at least."""
    mine = replace(
        with_chapter(lead, scene.now, by, "accepted"),
        custody=baton.acceptance_resets(lead.custody),
        accepted=True,
        stage=Stage.SAL if lead.stage in (Stage.INQUIRY, Stage.MQL) else lead.stage,
    )
    mine = with_touch_clock(progressed(mine, scene), scene)
    return Decision(mine, (Say(LeadAccepted(by=by, deadlines=mine.deadlines)),))


def reject(
    lead: RoutedLead,
    who: Actor,
    scene: Scene,
    *,
    reason: str,
    note: str = "",
    duplicate_of: str | None = None,
) -> Routed:
    """No, with a reason of the agreement; what follows is agreed upon too."""
    holder = must_answer(lead, who, scene)
    if holder.kind == "queue":
        raise CommandRefused("wrong stage", "it lies in a queue: accept it, then say what is wrong with it")
    if lead.accepted:
        raise CommandRefused("wrong stage", "it is accepted already: disqualify it, with a reason")
    if reason not in scene.agreement.reject:
        raise CommandRefused("invalid", expected("reason", reason, scene.agreement.reject))
    if duplicate_of == scene.lead:
        raise CommandRefused("invalid", "duplicate_of is this lead itself; name the other one")
    return dispute.rejected(lead, holder.answers, reason, note, duplicate_of, scene)


def contact(lead: RoutedLead, who: Actor, scene: Scene, *, said: Contact) -> Routed:
    """One attempt or conversation: the touch clock ends, and so does waiting for the lead."""
    holder = _must_have_accepted(lead, who, scene)
    what = f"{said.channel}{f': {said.outcome}' if said.outcome else ''}"
    awake = resumed(lead, f"{holder.answers} got in touch", scene)
    tried = replace(
        with_chapter(awake.state, scene.now, holder.answers, what, said.note),
        attempts=lead.attempts + 1,
        reported=lead.reported + who.tool,
    )
    tried = progressed(touched(tried, scene, heard_back=said.direction == "in"), scene)
    event = LeadContacted(
        by=holder.answers,
        channel=said.channel,
        direction=said.direction,
        outcome=said.outcome,
        attempt=tried.attempts,
        reported_by=who.reports.by,
        through=who.reports.through,
        happened_at=said.happened_at,
        note=said.note,
    )
    return awake.then(Decision(tried, (Say(event),)))


def book_meeting(
    lead: RoutedLead, who: Actor, scene: Scene, *, starts_at: datetime, attendee: str | None, note: str = ""
) -> Routed:
    """A meeting is ahead, with whoever answers for the lead, or with a colleague of theirs."""
    by = _must_have_accepted(lead, who, scene).answers
    return meeting.booked(lead, by, starts_at, attendee or by, note, who.reports, scene)


def hold_meeting(lead: RoutedLead, who: Actor, scene: Scene, *, note: str = "") -> Routed:
    """The meeting took place."""
    by = _must_have_accepted(lead, who, scene).answers
    return meeting.held(lead, by, note, who.reports, scene)


def miss_meeting(lead: RoutedLead, who: Actor, scene: Scene, *, note: str = "") -> Routed:
    """The lead did not come to the meeting."""
    by = _must_have_accepted(lead, who, scene).answers
    return meeting.missed(lead, by, note, who.reports, scene)


def cancel_meeting(lead: RoutedLead, who: Actor, scene: Scene, *, note: str = "") -> Routed:
    """The meeting will not take place."""
    by = _must_have_accepted(lead, who, scene).answers
    return meeting.cancelled(lead, by, note, who.reports, scene)


def snooze(lead: RoutedLead, who: Actor, scene: Scene, *, until: datetime, reason: str) -> Routed:
    """They wait for the lead, with a reason and a limit: their clocks stand still."""
    holder = _must_have_accepted(lead, who, scene)
    return snoozed(lead, holder.answers, until, _said(reason), scene)


def qualify(lead: RoutedLead, who: Actor, scene: Scene, *, answers: Mapping[str, str]) -> Routed:
    """It is an SQL, if every required answer is there; then the hand-off is offered, if one is agreed."""
    holder = _must_have_accepted(lead, who, scene)
    executives = executives_for(scene.facts(lead), scene.agreement)
    theirs_already = executives is None or lead.team in executives.teams
    if lead.handoff is not None:
        raise CommandRefused("wrong stage", f"it is offered to {lead.handoff.to}; wait for their answer")
    if lead.stage is Stage.SQL and theirs_already:
        raise CommandRefused("wrong stage", "it is an SQL already")
    missing = [name for name in scene.agreement.sql_requires if not str(answers.get(name, "")).strip()]
    if missing:
        raise CommandRefused("invalid", f"an SQL needs answers to {', '.join(missing)}")
    awake = resumed(lead, f"{holder.answers} qualified it", scene)
    told = with_chapter(awake.state, scene.now, holder.answers, "qualified")
    mine = progressed(replace(touched(told, scene, heard_back=True), stage=Stage.SQL), scene)
    said = awake.then(Decision(mine, (Say(LeadSalesQualified(by=holder.answers, answers=dict(answers))),)))
    if executives is None or theirs_already:
        return said
    return said.then(handoff.offered(mine, holder.answers, executives, scene))


def disqualify(lead: RoutedLead, who: Actor, scene: Scene, *, why: GivingUp) -> Routed:
    """Not now, or never: back to nurture with a reason of the agreement, or closed if the reason says so."""
    holder = _must_have_accepted(lead, who, scene)
    reason = agreed_reason(lead, why, scene)
    if is_no_lead(reason):
        give_back(turn_taken(lead), lead, f"given back: {why.reason}", scene)
    lead = with_chapter(lead, scene.now, holder.answers, f"gave it back: {why.reason}", why.note)
    if reason.ends is not None:
        return part.closed(lead, holder.answers, why.reason, why.note, scene)
    return part.disqualified(lead, holder.answers, why, scene)


def win(
    lead: RoutedLead, who: Actor, scene: Scene, *, value: str | None = None, currency: str | None = None
) -> Routed:
    """Revenue: the journey is over."""
    holder = _must_be_sql(lead, who, scene)
    return part.won(lead, holder.answers, value, currency, scene)


def lose(lead: RoutedLead, who: Actor, scene: Scene, *, why: GivingUp) -> Routed:
    """The deal is lost: back to nurture."""
    holder = _must_be_sql(lead, who, scene)
    agreed_reason(lead, why, scene)
    lead = with_chapter(lead, scene.now, holder.answers, "lost the deal", why.note)
    return part.lost(lead, holder.answers, why, scene)


def accept_handoff(lead: RoutedLead, who: Actor, scene: Scene) -> Routed:
    """The account executive says yes."""
    return handoff.accepted(lead, _must_be_asked(lead, who, scene), scene)


def refuse_handoff(lead: RoutedLead, who: Actor, scene: Scene, *, reason: str) -> Routed:
    """The account executive says no, and why."""
    return handoff.refused(lead, _must_be_asked(lead, who, scene), _said(reason), scene)


def must_answer(lead: RoutedLead, who: Actor, scene: Scene) -> Holder:
    """Who holds the lead, if `who` may act for them. Raises CommandRefused."""
    custody = lead.custody
    must_be_known(lead, scene.lead)
    holder = custody.holder
    if custody.standing == "offering":
        raise CommandRefused("wrong stage", "it is given back to nurture; wait until a track has taken it")
    if not lead.holding or holder is None:
        raise CommandRefused(
            "wrong stage", f"sales does not have it now: {holder.answers if holder else 'nurture'} does"
        )
    if not same(who.person, holder.answers) and not (who.manager or who.tool):
        raise CommandRefused(
            "wrong person", f"{holder.answers} answers for this lead; ask them, or a manager"
        )
    return holder


def _said(reason: str) -> str:
    """A reason in somebody's own words. Raises CommandRefused for a blank: others are to read it."""
    if not reason.strip():
        raise CommandRefused("invalid", "a blank is no reason; say why in a few words")
    return reason.strip()


def must_be_known(lead: RoutedLead, name: LeadId) -> None:
    """Raises CommandRefused for a lead that routing never had, or whose journey is over."""
    if lead.custody.standing == "ended":
        raise CommandRefused("gone", f"the journey of {name} is over: {lead.custody.ending}")
    if lead.custody.standing == "none":
        raise CommandRefused("unknown", f"routing knows no lead {name}; it may not be qualified yet")


def _must_have_accepted(lead: RoutedLead, who: Actor, scene: Scene) -> Holder:
    holder = must_answer(lead, who, scene)
    if not lead.accepted:
        raise CommandRefused("wrong stage", "accept it first")
    return holder


def _must_be_sql(lead: RoutedLead, who: Actor, scene: Scene) -> Holder:
    holder = _must_have_accepted(lead, who, scene)
    if lead.stage is not Stage.SQL:
        raise CommandRefused("wrong stage", f"a deal has an SQL first: qualify it; it is {lead.stage} now")
    return holder


def _must_be_asked(lead: RoutedLead, who: Actor, scene: Scene) -> str:
    must_be_known(lead, scene.lead)
    if lead.handoff is None:
        raise CommandRefused("wrong stage", "no hand-off is open for this lead")
    if not same(who.person, lead.handoff.to) and not who.manager:
        raise CommandRefused("wrong person", f"it is offered to {lead.handoff.to}")
    return lead.handoff.to
