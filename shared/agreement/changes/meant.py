"""A file with what it leaves out and others of its entries decide: who answers, which desk, which track."""

from shared.agreement.agreement import Agreement
from shared.agreement.building.recycle import written_reasons
from shared.agreement.written import AgreementFile
from shared.agreement.written.follow_up import FollowUp, Policy, Step
from shared.agreement.written.market import Consent, Desk, Hold, Intake
from shared.agreement.written.recycle import Recycle
from shared.agreement.written.scoring import Scoring, TrackName


def meant(agreement: Agreement) -> AgreementFile:
    """The file as it would be if nothing of that were left out."""
    file, intake = agreement.written, agreement.intake
    return file.model_copy(
        update={
            "intake": Intake(owner=intake.owner, scored_within=intake.scored_within),
            "desks": {name: Desk(owner=desk.owner) for name, desk in agreement.desks.items()},
            "consent": _consent(agreement),
            "scoring": _scoring(agreement),
            "follow_up": _follow_up(file.follow_up),
            "recycle": _recycle(agreement),
        }
    )


def _consent(agreement: Agreement) -> Consent:
    denied, otherwise = agreement.consent.privacy_desk, agreement.consent.fallback_desk
    update = {"denied": Hold(hold=denied), "otherwise": Hold(hold=otherwise)}
    return agreement.written.consent.model_copy(update=update)


def _scoring(agreement: Agreement) -> Scoring:
    first = TrackName(track=agreement.first_track)
    return agreement.written.scoring.model_copy(update={"otherwise": first})


def _recycle(agreement: Agreement) -> Recycle:
    file, last = agreement.written, agreement.after_last_round_track
    update = {
        "reasons": written_reasons(file, last, agreement.consent.privacy_desk),
        "tracks": {
            name: track.model_copy(update={"acknowledged_by": agreement.tracks[name].acknowledged_by})
            for name, track in file.recycle.tracks.items()
        },
        "after_last_round": TrackName(track=last),
    }
    return file.recycle.model_copy(update=update)


def _follow_up(written: FollowUp) -> FollowUp:
    return written.model_copy(update={"policies": [_policy(policy) for policy in written.policies]})


def _policy(policy: Policy) -> Policy:
    if "ladder" not in policy.model_fields_set:
        return policy
    return policy.model_copy(update={"ladder": [_step(step) for step in policy.ladder]})


def _step(step: Step) -> Step:
    return step if step.whom is None else step.model_copy(update={"to": step.whom})
