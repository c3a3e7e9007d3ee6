"""Whom the agreement itself names: active by that, and who of them is a fallback."""

from typing import Final

from shared.agreement import Agreement

FALLBACK_WHYS: Final = frozenset({"refused by nurture", "escalated", "left", "put right", "disputed"})
"""Why a deputy may hold a lead without having been chosen for it."""


def named_by(agreement: Agreement) -> frozenset[str]:
    """Everyone the agreement names. The roster refuses their leaving until a version replaces them."""
    parties = agreement.parties
    named = {parties.marketing, parties.sales, parties.arbiter.person, agreement.intake.owner}
    named |= {desk.owner for desk in agreement.desks.values()}
    named |= {track.owner for track in agreement.tracks.values()}
    for team in agreement.teams.values():
        named |= {team.lead, *team.deputy}
    return frozenset(named)


def deputies_of(agreement: Agreement) -> frozenset[str]:
    """Everyone who answers for a team's queue."""
    return frozenset(person for team in agreement.teams.values() for person in team.deputy)
