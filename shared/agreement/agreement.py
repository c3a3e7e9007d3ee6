"""The agreement in force: everything that the services ask it. It cannot be changed, and does no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.agreement.building.parts import (
    BackTo,
    Consent,
    Desk,
    HandOff,
    Hours,
    Intake,
    Interests,
    Pace,
    Parties,
    Playbook,
    Policy,
    Reason,
    RejectMeans,
    RoutingRule,
    SetAside,
    Target,
    Team,
    Track,
    Value,
)
from shared.agreement.building.score import FastLane, Mql, PointsRule, ScoreWeights
from shared.agreement.building.sections import Sections
from shared.agreement.conditions.nodes import Facts
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.problems import Problem
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Agreement:
    """One version of what marketing and sales agreed. All of it can be carried out.

    `fingerprint` is the SHA-256 of the file's text; `list_fingerprints` those of the lists beside it.
    `conditions` has every condition by the place of its rule, such as ("routing", "rules", 0); `objections`
    is what is refused in a new version, `doubts` what is allowed and probably not meant.
    """

    name: str
    version: int
    effective_from: datetime
    fingerprint: str
    list_fingerprints: Mapping[str, str]
    written: AgreementFile
    conditions: Mapping[Path, Condition]

    parties: Parties
    intake: Intake
    interests: Interests | None
    desks: Mapping[str, Desk]
    consent: Consent

    score_weights: ScoreWeights
    mql: Mql
    first_track: str

    teams: Mapping[str, Team]
    routing_rules: tuple[RoutingRule, ...]
    values: tuple[Value, ...]
    paces: tuple[Pace, ...]
    reject: Mapping[str, RejectMeans]
    calendars: Mapping[str, Hours]
    policies: tuple[Policy, ...]
    hand_off: HandOff | None

    reasons: Mapping[str, Reason]
    tracks: Mapping[str, Track]
    return_when: Condition
    rounds_at_most: int
    after_last_round_track: str
    back_to: BackTo
    playbooks: tuple[Playbook, ...]

    sections: Sections
    objections: tuple[Problem, ...] = ()
    doubts: tuple[Problem, ...] = ()

    @property
    def ref(self) -> str:
        """How decisions and receipts name this version: "acme@3"."""
        return f"{self.name}@{self.version}"

    @property
    def named(self) -> frozenset[str]:
        """Whom it names to answer for leads: they may by that alone. Who signs or rules has none by that."""
        teams, ladders = self.teams.values(), (policy.ladder for policy in self.policies)
        return frozenset(
            [
                self.intake.owner,
                *(team.lead for team in teams),
                *(person for team in teams for person in team.deputy),
                *(step.person for ladder in ladders for step in ladder if step.person is not None),
                *(desk.owner for desk in self.desks.values()),
                *(track.owner for track in self.tracks.values()),
            ]
        )

    @property
    def fallback_desk(self) -> str:
        """The desk for what has not refused but may not be nurtured, and for what nobody else can take."""
        return self.consent.fallback_desk

    @property
    def privacy_desk(self) -> str:
        """The desk for those who refused."""
        return self.consent.privacy_desk

    @property
    def half_life(self) -> timedelta:
        """After this time a point for an activity is worth half."""
        return self.written.scoring.engagement.half_life

    @property
    def cools_below(self) -> int | None:
        """The score under which an MQL that nobody took is none any more; None, if none ever cools."""
        return self.written.scoring.cools_below

    @property
    def engagement_cap(self) -> int:
        """The most that engagement can be, after fading."""
        return self.written.scoring.engagement.cap

    @property
    def reassign_at_most(self) -> int:
        """How often a lead changes its rep because of breaches and rejects; then the deputy has it."""
        return self.written.routing.reassign_at_most

    @property
    def stalled_after(self) -> timedelta:
        """Without touch, change of stage or meeting ahead for this long, a held lead is stalled."""
        return self.written.follow_up.stalled_after

    @property
    def snooze_at_most(self) -> timedelta:
        """How long a rep may wait for a lead, all in all, before they work it or give it back."""
        return self.written.follow_up.snooze_at_most

    @property
    def sql_requires(self) -> tuple[str, ...]:
        """What a rep must have found out before a lead counts as qualified by sales."""
        return self.written.definitions.sql.requires

    @property
    def dispute_within(self) -> timedelta:
        """How long the arbiter has to rule."""
        return self.parties.arbiter.rules_within

    @property
    def sets_aside(self) -> bool:
        """Whether any rule sets leads aside at all."""
        return bool(self.sections.set_aside.choices)

    @property
    def fast_lanes(self) -> tuple[FastLane, ...]:
        """What makes an MQL whatever the score, in the order of the agreement."""
        return self.sections.fast_lane.choices

    @property
    def scoring_asks(self) -> frozenset[str]:
        """The names that segments, fast lanes, what is set aside, points and the MQL's definition ask for."""
        return self.sections.scoring_asks

    def may_nurture(self, consent: str) -> bool:
        """Whether a lead with this consent (granted, denied, unknown) may be given to a nurture track."""
        return consent == "granted" or (self.consent.nurture_needs == "not_denied" and consent != "denied")

    def may_route(self, consent: str) -> bool:
        """Whether a lead with this consent (granted, denied, unknown) may be given to a rep."""
        return consent == "granted" or (self.consent.routing_needs == "not_denied" and consent != "denied")

    def segment_of(self, facts: Facts) -> str | None:
        """The first segment whose condition holds; None if the agreement names none that does."""
        return self.sections.segment.choose(facts)

    def unknown_for_segment(self, facts: Facts) -> tuple[str, ...]:
        """What segments ask for and is not known. Only without any a lead in none is outside the market."""
        return tuple(sorted(self.sections.segments_ask - facts.keys()))

    def set_aside_for(self, facts: Facts) -> SetAside | None:
        """The first rule that sets this lead aside; it is no MQL then, whatever its score."""
        return self.sections.set_aside.choose(facts)

    def set_aside_target(self, rule: str) -> Target | None:
        """Where the rule of this name sends what it sets aside; None if a desk holds it, or there is none."""
        choices = self.sections.set_aside.choices
        return next((choice.to for choice in choices if choice.name == rule), None)

    def fit_for(self, facts: Facts) -> list[PointsRule]:
        """Every fit rule that holds, in the order of the agreement."""
        return self.sections.fit.choose(facts)

    def engagement_for(self, facts: Facts) -> list[PointsRule]:
        """Every rule that gives points for the activity in `facts`, in the order of the agreement."""
        return self.sections.engagement.choose(facts)

    def grade_of(self, points: int) -> str:
        """The grade that this sum of fit points reaches, A to D."""
        return self.sections.grades.grade_of(points)

    def fast_lane_for(self, facts: Facts) -> str | None:
        """The first fast lane that the newest activity in `facts` takes."""
        lane = self.sections.fast_lane.choose(facts)
        return None if lane is None else lane.name

    def rules_met(self, facts: Facts) -> tuple[int, ...]:
        """The places in `routing_rules` of those that hold, in order; the last rule always does."""
        return self.sections.routing(facts)

    def overflow_of(self, team: str) -> tuple[str, ...]:
        """The teams into which one overflows, each because nobody in those before it can take a lead."""
        found = [team]
        while (other := self.teams[found[-1]].overflows_to) is not None and other not in found:
            found.append(other)
        return tuple(found[1:])

    def reached_from(self, team: str) -> tuple[str, ...]:
        """A team, and those that it overflows to."""
        return (team, *self.overflow_of(team))

    def pace_for(self, facts: Facts) -> int | None:
        """How many such leads a rep is given in a day, if they are released piece by piece."""
        held = (pace.per_rep_per_day for pace in self.paces if pace.condition.holds(facts))
        return next(held, None)

    def worth_of(self, team: str, facts: Facts) -> int:
        """What a lead counts for in a team's turns: 1, unless the team counts by value."""
        if self.teams[team].count_by == "leads":
            return 1
        return next((value.counts for value in self.values if value.condition.holds(facts)), 1)

    def worth_at_most(self, team: str) -> int:
        """The most that a lead counts for in a team's turns: nobody is ever further off their share."""
        counts = [value.counts for value in self.values] if self.teams[team].count_by == "value" else []
        return max(counts, default=1)

    def policy_for(self, facts: Facts) -> Policy:
        """The first policy whose condition holds; the last one matches everything."""
        return self.sections.policy.choose(facts) or self.policies[-1]

    def may_return(self, facts: Facts) -> bool:
        """Whether `return_when` holds. Facts: fast_lane, new_activity, score, what else the file asks for.

        Earliest returns, rounds and `returns: never` are the caller's to look at.
        """
        return self.return_when.holds(facts)

    def playbook_for(self, segment: str | None, facts: Facts) -> Playbook | None:
        """The first playbook for this segment that still holds at `facts["now"]`."""
        return next((playbook for playbook in self.playbooks if playbook.suits(segment, facts)), None)

    def playbook_offering(self, offer: str, segment: str | None) -> Playbook | None:
        """The playbook that a lead of this segment was given, by its offer; None if that is gone."""
        of_segment = (book for book in self.playbooks if book.segment in (None, segment))
        return next((book for book in of_segment if book.offer == offer), None)
