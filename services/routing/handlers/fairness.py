"""What routing answers about how evenly a team's leads were shared. Reads only."""

from dataclasses import dataclass
from typing import Final

from services.routing.domain.turns.fairness import Member, fairness
from services.routing.domain.turns.tally import Entry
from services.routing.handlers.reads import must_be_a_team
from services.routing.store.bench import read_turns
from services.routing.store.turns import counts_of, newest_of
from shared.runtime.tx import Tx

NEWEST_MAX: Final = 20
_TURN: Final = {
    "fair": "members take fair turns by their weights",
    "least_loaded": "the member with the fewest open leads is next",
    "owner_first": "the account's owner comes first, then members take fair turns",
}


@dataclass(frozen=True, slots=True)
class Fairness:
    """How members take turns, what each was given, and the ledger's last lines, the newest first."""

    turn: str
    members: list[Member]
    newest: list[Entry]


def fairness_of(tx: Tx, team: str) -> Fairness:
    """How evenly a team's leads were shared. Raises CommandRefused for a team that is not agreed on."""
    must_be_a_team(tx, team)
    turns = read_turns(tx.conn, team)
    agreed = tx.agreement.teams[team]
    unit, turn = "leads", _TURN[agreed.turn]
    if agreed.count_by == "value":
        at_most = tx.agreement.worth_at_most(team)
        unit, turn = "of value", f"{turn}, counted by value: a lead counts for {at_most} at most"
    members = fairness(turns.weights, turns.owed, turns.tallies, counts_of(tx.conn, team), unit)
    return Fairness(turn, members, newest_of(tx.conn, team, NEWEST_MAX))
