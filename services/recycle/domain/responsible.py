"""Who answers for a lead as a fallback: without having been chosen for it."""

from typing import Final

from shared.agreement import Agreement

FALLBACK_WHYS: Final = frozenset({"refused by nurture", "escalated", "left", "put right", "disputed"})
"""Why a deputy may hold a lead without having been chosen for it."""


def deputies_of(agreement: Agreement) -> frozenset[str]:
    """Everyone who answers for a team's queue."""
    return frozenset(person for team in agreement.teams.values() for person in team.deputy)
