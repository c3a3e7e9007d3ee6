"""Makes the agreement that the services use out of a file that was found valid."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import Arbiter, Consent, Desk, Intake, Interests, Parties
from shared.agreement.building.recycle import playbooks, reasons, track_names, tracks
from shared.agreement.building.routing import (
    calendars,
    hand_off,
    paces,
    policies,
    routing_rules,
    teams,
    values,
)
from shared.agreement.building.scoring import mql, score_weights, sections
from shared.agreement.conditions.lists import NamedList
from shared.agreement.conditions.rules import Conditions
from shared.agreement.conditions.vocabulary import canonical
from shared.agreement.reading.names import PRIVACY_DESK, USUAL_DESK
from shared.agreement.written import AgreementFile

_SCORED_WITHIN = timedelta(minutes=2)


def build(
    file: AgreementFile, conditions: Conditions, fingerprint: str, lists: Mapping[str, NamedList]
) -> Agreement:
    """The agreement; every default that depends on another section is filled in here."""
    desks = _desks(file)
    consent = _consent(file, desks)
    first_track, last_track = track_names(file)
    return Agreement(
        name=file.agreement,
        version=file.version,
        effective_from=file.effective_from,
        fingerprint=fingerprint,
        list_fingerprints=MappingProxyType({name: found.fingerprint for name, found in lists.items()}),
        written=file,
        conditions=conditions.by_path,
        parties=_parties(file),
        intake=_intake(file),
        interests=_interests(file),
        desks=desks,
        consent=consent,
        score_weights=score_weights(file),
        mql=mql(file),
        first_track=first_track,
        teams=teams(file),
        routing_rules=routing_rules(file, conditions),
        values=values(file, conditions),
        paces=paces(file, conditions),
        reject=MappingProxyType(dict(file.routing.reject)),
        calendars=calendars(file),
        policies=policies(file, conditions),
        hand_off=hand_off(file, conditions),
        reasons=reasons(file, last_track, consent.privacy_desk),
        tracks=tracks(file),
        return_when=conditions[("recycle", "return_when")],
        rounds_at_most=file.recycle.rounds_at_most,
        after_last_round_track=last_track,
        back_to=file.recycle.back_to,
        playbooks=playbooks(file, conditions),
        sections=sections(file, conditions),
    )


def _parties(file: AgreementFile) -> Parties:
    parties = file.parties
    return Parties(
        parties.marketing, parties.sales, Arbiter(parties.arbiter.person, parties.arbiter.rules_within)
    )


def _intake(file: AgreementFile) -> Intake:
    if file.intake is None:
        return Intake(file.parties.marketing, _SCORED_WITHIN)
    return Intake(file.intake.owner, file.intake.scored_within)


def _interests(file: AgreementFile) -> Interests | None:
    if file.interests is None:
        return None
    return Interests(canonical(file.interests.by) or file.interests.by, file.interests.otherwise)


def _desks(file: AgreementFile) -> Mapping[str, Desk]:
    named = {name: Desk(desk.owner) for name, desk in file.desks.items()}
    return MappingProxyType(named or {USUAL_DESK: Desk(file.parties.marketing)})


def _consent(file: AgreementFile, desks: Mapping[str, Desk]) -> Consent:
    written = file.consent
    usual = USUAL_DESK if USUAL_DESK in desks else next(iter(desks))
    fallback = written.otherwise.hold if written.otherwise is not None else usual
    refused = PRIVACY_DESK if PRIVACY_DESK in desks else fallback
    privacy = written.denied.hold if written.denied is not None else refused
    return Consent(written.nurture_needs, written.routing_needs, privacy_desk=privacy, fallback_desk=fallback)
