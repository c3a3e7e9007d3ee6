"""Checks that the sections fit together: every name referred to exists, and nothing contradicts itself."""

import re
from collections.abc import Iterable, Mapping

from shared.agreement.checks.follow_up import check_follow_up
from shared.agreement.checks.never import check_never
from shared.agreement.checks.reach import check_reach
from shared.agreement.conditions.vocabulary import (
    JUDGED,
    NOT_KNOWN,
    UNSAID,
    VOCABULARY,
    Kind,
    canonical,
    names,
)
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.names import Names
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile
from shared.agreement.written.destinations import Destination
from shared.agreement.written.routing import Team
from shared.agreement.written.validate import STAND_IN
from shared.unknown import expected_one_of, quoted

_PERSON = re.compile(r"[^@\s]+@[^@\s]+")

_YEARS = (1970, 2199)


def check(file: AgreementFile, conditions: Mapping[Path, Condition], known: Names, report: Report) -> None:
    """Report every reference to something that does not exist, and every contradiction."""
    _check_desks(file, known, report)
    _check_tracks(file, known, report)
    _check_routing(file, known, report)
    _check_names_of_facts(file, report)
    _check_playbooks(file, known, report)
    _check_period(file, report)
    check_follow_up(file, report)
    check_never(file, conditions, report)
    check_reach(file, conditions, report)


def _refer(report: Report, path: Path, what: str, name: str, known: Iterable[str]) -> None:
    known = frozenset(known)
    if name not in known and STAND_IN not in known:  # Else the whole section is missing, which is reported.
        report.value(path, f"expected {what}, {expected_one_of(known, name)}")


def _check_desks(file: AgreementFile, known: Names, report: Report) -> None:
    what = "a desk of `desks`"
    for field in ("denied", "otherwise"):
        held = getattr(file.consent, field)
        if held is not None:
            _refer(report, ("consent", field, "hold"), what, held.hold, known.desks)
    for index, rule in enumerate(file.market.set_aside):
        if rule.hold is not None:
            _refer(report, ("market", "set_aside", index, "hold"), what, rule.hold, known.desks)
    for name, reason in file.recycle.reasons.items():
        if reason.hold is not None:
            _refer(report, ("recycle", "reasons", name, "hold"), what, reason.hold, known.desks)


def _check_tracks(file: AgreementFile, known: Names, report: Report) -> None:
    what, tracks = "a track of recycle.tracks", known.tracks
    if file.scoring.otherwise is not None:
        _refer(report, ("scoring", "otherwise", "track"), what, file.scoring.otherwise.track, tracks)
    if file.recycle.after_last_round is not None:
        path = ("recycle", "after_last_round", "track")
        _refer(report, path, what, file.recycle.after_last_round.track, tracks)
    for name, reason in file.recycle.reasons.items():
        if reason.track is not None:
            _refer(report, ("recycle", "reasons", name, "track"), what, reason.track, tracks)


def _check_routing(file: AgreementFile, known: Names, report: Report) -> None:
    seen: set[str] = set()
    for index, team in enumerate(file.routing.teams):
        path: Path = ("routing", "teams", index)
        if team.name in seen:
            report.value((*path, "name"), f"there are two teams called {quoted(team.name)}; names differ")
        seen.add(team.name)
        _check_nobody_available(team, (*path, "nobody_available"), known, report)
    for index, rule in enumerate(file.routing.rules):
        _check_destination(rule.to, ("routing", "rules", index, "to"), known, report)
    for index, aside in enumerate(file.market.set_aside):
        if aside.to is not None:
            _check_destination(aside.to, ("market", "set_aside", index, "to"), known, report)
    _check_hand_off(file, known, report)


def _check_hand_off(file: AgreementFile, known: Names, report: Report) -> None:
    hand_off = file.routing.hand_off
    for index, rule in enumerate(hand_off.rules if hand_off is not None else []):
        path: Path = ("routing", "hand_off", "rules", index, "to")
        _check_destination(rule.to, path, known, report)
        if rule.to.team is None:
            report.value(path, "expected `team:`, because account executives are handed a lead as a team")


def _check_nobody_available(team: Team, path: Path, known: Names, report: Report) -> None:
    if team.overflows_to is not None:
        _refer(report, path, "a team of routing.teams after overflow:", team.overflows_to, known.teams)
        if team.overflows_to == team.name:
            report.value(path, f"team {quoted(team.name)} cannot overflow into itself; name another team")
    elif team.nobody_available not in ("queue", "assign_anyway"):
        words = ("queue", "assign_anyway", *(f"overflow:{name}" for name in known.teams))
        found = expected_one_of(words, team.nobody_available)
        report.value(path, f"expected queue, assign_anyway or overflow:<team>, {found}")


def _check_destination(to: Destination, path: Path, known: Names, report: Report) -> None:
    if to.team is not None and not _holds_text(to.team):
        _refer(report, (*path, "team"), "a team of routing.teams", to.team, [*known.teams, "account.pod"])
    if to.person is not None and not _PERSON.fullmatch(to.person) and not _holds_text(to.person):
        what = "a person's e-mail address or a name of the vocabulary that holds one"
        report.value((*path, "person"), f"expected {what}, {expected_one_of(_account_names(), to.person)}")
    for index, team in enumerate(to.first_open or ()):
        _refer(report, (*path, "first_open", index), "a team of routing.teams", team, known.teams)
    if to.queue is not None:
        _refer(report, (*path, "queue"), "a team of routing.teams", to.queue, known.teams)
    if isinstance(to.otherwise, Destination):
        _check_destination(to.otherwise, (*path, "else"), known, report)


def _check_names_of_facts(file: AgreementFile, report: Report) -> None:
    known = names(NOT_KNOWN["ConditionOnLead"])
    for index, name in enumerate(file.definitions.mql.requires):
        if canonical(name) not in known:
            path: Path = ("definitions", "mql", "requires", index)
            what = "a name of the vocabulary that is known before the score"
            report.value(path, f"expected {what}, {expected_one_of(known, name)}")
    said = [name for name in names(UNSAID) if _holds_text(name)]
    if file.interests is not None and canonical(file.interests.by) not in said:
        found = expected_one_of(said, file.interests.by)
        report.value(
            ("interests", "by"), f"expected a name of the vocabulary that holds text from a source, {found}"
        )
    told: list[tuple[Path, str | None]] = [
        *((("routing", "rules", index, "tell"), rule.tell) for index, rule in enumerate(file.routing.rules)),
        *(
            (("market", "set_aside", index, "tell"), rule.tell)
            for index, rule in enumerate(file.market.set_aside)
        ),
    ]
    for path, whom in told:
        if whom is not None and not _PERSON.fullmatch(whom) and not _holds_text(whom):
            what = "a person's e-mail address or a name of the vocabulary that holds one"
            report.value(path, f"expected {what}, {expected_one_of(_account_names(), whom)}")


def _check_playbooks(file: AgreementFile, known: Names, report: Report) -> None:
    for index, playbook in enumerate(file.playbooks):
        if playbook.segment is not None:
            path: Path = ("playbooks", index, "segment")
            _refer(report, path, "a segment of market.segments", playbook.segment, known.segments)


def _check_period(file: AgreementFile, report: Report) -> None:
    """Of a period in another age nothing can be reckoned."""
    period = file.targets.period if file.targets is not None else None
    for field, day in (("from", period.from_), ("to", period.to)) if period is not None else ():
        if not _YEARS[0] <= day.year <= _YEARS[1]:
            said = f"expected a day between {_YEARS[0]} and {_YEARS[1]}, found {day}"
            report.objection(("targets", "period", field), said)


def _holds_text(name: str) -> bool:
    word = VOCABULARY.get(canonical(name) or "")
    return word is not None and word.kind is Kind.TEXT and word.name not in JUDGED


def _account_names() -> list[str]:
    return [name for name in VOCABULARY if name.startswith(("account.", "opportunity."))]
