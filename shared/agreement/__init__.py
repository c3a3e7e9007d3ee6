"""The agreement between marketing and sales: loads the file, finds every mistake, and answers for it."""

from shared.agreement.agreement import Agreement
from shared.agreement.durations import AtMost
from shared.agreement.load import load, load_text
from shared.agreement.nodes import Facts
from shared.agreement.notes import not_enforced_yet
from shared.agreement.parts import (
    Consent,
    Desk,
    HandOff,
    Hours,
    Intake,
    Interests,
    Mql,
    Parties,
    Playbook,
    PointsRule,
    Policy,
    Reason,
    RoutingRule,
    ScoreWeights,
    SetAside,
    Step,
    Target,
    Team,
    Track,
)
from shared.agreement.problems import AgreementInvalid, Problem
from shared.agreement.vocabulary import GRADES, VOCABULARY

__all__ = [
    "GRADES",
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
    "load",
    "load_text",
    "not_enforced_yet",
]
