"""One language for marketing, sales and the code: what ids, stages, consent and roles are called."""

from enum import StrEnum
from typing import NewType

LeadId = NewType("LeadId", str)
"""One person's interest, for one journey. Derived from source and delivery, never from an identity."""

PersonId = NewType("PersonId", str)
"""A colleague: a rep, a deputy, a desk's or a track's owner. Their work e-mail address."""


class Stage(StrEnum):
    """How far a lead has come. The order is the order of the words."""

    INQUIRY = "inquiry"
    MQL = "mql"
    SAL = "sal"
    SQL = "sql"
    WON = "won"


class Consent(StrEnum):
    """What may be done with a person's address: a state, never points."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """Who may call which part of the API."""

    SOURCE = "source"
    REP = "rep"
    MANAGER = "manager"
    MARKETING = "marketing"
    ARBITER = "arbiter"
    OPERATOR = "operator"
