"""The agreement between marketing and sales: loads the file, finds every mistake, and answers for it."""

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import (
    Consent,
    Desk,
    HandOff,
    Hours,
    Intake,
    Interests,
    Parties,
    Playbook,
    Policy,
    Reason,
    RoutingRule,
    SetAside,
    Step,
    Target,
    Team,
    Track,
    person_named,
)
from shared.agreement.building.score import SCORE_MAX, Mql, PointsRule, ScoreWeights
from shared.agreement.checks.notes import not_enforced_yet
from shared.agreement.conditions.nodes import Facts
from shared.agreement.conditions.readings import instant
from shared.agreement.conditions.vocabulary import GRADES, VOCABULARY
from shared.agreement.load import load, load_text
from shared.agreement.reading.durations import AtMost
from shared.agreement.reading.problems import AgreementInvalid, Problem

__all__ = [
    "GRADES",
    "SCORE_MAX",
    "VOCABULARY",
    "Agreement",
    "AgreementInvalid",
    "AtMost",
    "Consent",
    "Desk",
    "Facts",
    "HandOff",
    "Hours",
    "Intake",
    "Interests",
    "Mql",
    "Parties",
    "Playbook",
    "PointsRule",
    "Policy",
    "Problem",
    "Reason",
    "RoutingRule",
    "ScoreWeights",
    "SetAside",
    "Step",
    "Target",
    "Team",
    "Track",
    "instant",
    "load",
    "load_text",
    "not_enforced_yet",
    "person_named",
]
