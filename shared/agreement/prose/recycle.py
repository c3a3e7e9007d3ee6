"""The way back to nurture and from there to sales, in words."""

from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import BackTo, Reason, Track
from shared.agreement.conditions.sentences import in_words
from shared.agreement.prose.words import bullets, counted, length

_BACK_TO: Final[dict[BackTo, str]] = {
    "same_rep": "to the same rep",
    "another_rep": "to another rep",
    "rules": "by the rules",
}
_RETURNS: Final = {
    "never": "it never returns",
    "on_date": "it returns on the date that was named",
    "when_repaired": "it returns when the data is repaired",
}
_NEEDS: Final = {
    "attempts": "only after the attempts that the policy asks for",
    "sub_reason": "only with a more exact reason",
}


def recycle(agreement: Agreement) -> list[str]:
    """Reasons, tracks, and when a lead comes back."""
    return [
        "## The way back",
        "When a lead is given up, its reason says what follows. Who gives it up answers for it until the "
        "track has acknowledged it.",
        bullets(_reason(reason) for reason in agreement.reasons.values()),
        "### Tracks",
        bullets(_track(track) for track in agreement.tracks.values()),
        "### When it comes back",
        f"A lead comes back when {in_words(agreement.return_when.node, whole=True)}. It goes "
        f"{_BACK_TO[agreement.back_to]}. It comes back at most {counted(agreement.rounds_at_most, 'time')}; "
        f"after that the track {agreement.after_last_round_track} keeps it. What takes a fast lane comes "
        "back at any time.",
    ]


def _reason(reason: Reason) -> str:
    said = [_place(reason)]
    if reason.needs is not None:
        said.append(_NEEDS[reason.needs])
    if reason.ask is not None:
        said.append(f"the rep says {reason.ask.replace('_', ' ')}")
    if reason.not_before is not None:
        said.append(f"it returns after {length(reason.not_before)} at the earliest")
    if reason.returns is not None:
        said.append(_RETURNS[reason.returns])
    if reason.back_to is not None:
        said.append(f"it goes back {_BACK_TO[reason.back_to]}")
    return f"**{reason.name}**: {'; '.join(said)}."


def _place(reason: Reason) -> str:
    if reason.ends is not None:
        return "its journey is over"
    return f"to the track {reason.track}" if reason.track is not None else f"to the desk {reason.hold}"


def _track(track: Track) -> str:
    tool = f", nurtured by {track.deliver_to}" if track.deliver_to is not None else ""
    how = "when it is delivered" if track.acknowledged_by == "delivery" else "when the tool calls back"
    never = " Nothing returns from here." if track.returns is not None else ""
    return (
        f"**{track.name}**: {track.owner} answers{tool}. It is acknowledged {how}, within "
        f"{length(track.acknowledge_within)}.{never}"
    )
