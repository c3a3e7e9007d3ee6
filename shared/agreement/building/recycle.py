"""Makes the recycle part of an agreement: tracks, playbooks, and the reasons that none can do without."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.agreement.building.parts import Playbook, Reason, Track
from shared.agreement.conditions.rules import Conditions
from shared.agreement.written import AgreementFile, recycle

_NEW, _KEEP_WARM = "new", "keep-warm"

SAID_BY_BATON = ("unreachable", "stalled", "cooled", "lost", "not-per-definition")
"""Reasons that clocks, outcomes and rulings give; an agreement that is silent on one means the last track."""

ALWAYS_MEANT = ("not-a-lead", "do-not-contact")
"""Reasons that mean the same in every agreement that does not say otherwise."""


def track_names(file: AgreementFile) -> tuple[str, str]:
    """The track for what is not qualified yet, and the one after the last round."""
    known = file.recycle.tracks
    first = _NEW if _NEW in known else next(iter(known))
    if file.scoring.otherwise is not None:
        first = file.scoring.otherwise.track
    if file.recycle.after_last_round is not None:
        return first, file.recycle.after_last_round.track
    return first, _KEEP_WARM if _KEEP_WARM in known else first


def written_reasons(file: AgreementFile, last_track: str, privacy_desk: str) -> Mapping[str, recycle.Reason]:
    """The reasons as they are written, or meant; those that Baton itself gives are always there."""
    usual = {name: recycle.Reason(track=last_track) for name in SAID_BY_BATON}
    meant = recycle.Reason(ends="closed"), recycle.Reason(hold=privacy_desk, returns="never")
    return {**usual, **dict(zip(ALWAYS_MEANT, meant, strict=True)), **file.recycle.reasons}


def reasons(file: AgreementFile, last_track: str, privacy_desk: str) -> Mapping[str, Reason]:
    """The reasons by name."""
    written = written_reasons(file, last_track, privacy_desk)
    return MappingProxyType({name: _reason(name, reason) for name, reason in written.items()})


def _reason(name: str, reason: recycle.Reason) -> Reason:
    return Reason(
        name=name,
        track=reason.track,
        hold=reason.hold,
        ends=reason.ends,
        not_before=reason.not_before,
        returns=reason.returns,
        back_to=reason.back_to,
        needs=reason.needs,
        ask=reason.ask,
    )


def tracks(file: AgreementFile) -> Mapping[str, Track]:
    """The nurture tracks by name. With a destination, the delivery acknowledges unless it says otherwise."""
    return MappingProxyType(
        {
            name: Track(
                name=name,
                owner=track.owner,
                deliver_to=track.deliver_to,
                acknowledge_within=track.acknowledge_within,
                acknowledged_by=track.acknowledged_by or ("delivery" if track.deliver_to else "call_back"),
                returns=track.returns,
            )
            for name, track in file.recycle.tracks.items()
        }
    )


def playbooks(file: AgreementFile, conditions: Conditions) -> tuple[Playbook, ...]:
    """What the rep sees beside the lead, in the order of the agreement."""
    return tuple(
        Playbook(
            segment=playbook.segment,
            condition=conditions[("playbooks", index)],
            offer=playbook.offer,
            say=playbook.say,
            send=playbook.send,
            approved_by=playbook.approved_by,
            until=playbook.until,
        )
        for index, playbook in enumerate(file.playbooks)
    )
