"""What an agreement may say, and probably does not mean: told as a warning, with its line."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast

from shared.agreement.building.recycle import ALWAYS_MEANT, SAID_BY_BATON, track_names
from shared.agreement.conditions.lists import NamedList
from shared.agreement.conditions.nodes import Test, tests_of
from shared.agreement.conditions.readings import without_signs
from shared.agreement.conditions.vocabulary import GRADES, VOCABULARY
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path, texts_of
from shared.agreement.written import AgreementFile
from shared.agreement.written.destinations import Destination
from shared.unknown import expected_one_of, quoted

_SHORT: Final = 4
"""Shorter words than this lie inside many others."""

_PLAIN: Final = re.compile(r"\(?[\w |]+\)?")
_LONGER: Final = ("MVP", "director", "coordinator", "recruiter", "through", "president", "officer", "chrome")

_COMMENT: Final = re.compile(r" +(#\w.*)")
_COLUMNS: Final = frozenset(name.rpartition(".")[2] for name in VOCABULARY)


def find_doubts(
    file: AgreementFile,
    conditions: Mapping[Path, Condition],
    lists: Mapping[str, NamedList],
    report: Report,
) -> None:
    """Note what is doubtful."""
    _segments(file, conditions, report)
    _lists(lists, conditions, report)
    _grades(file, report)
    _refused(file, report)
    _dead_ends(file, report)
    _idle_elses(file, report)
    _cut_off(report)
    for path, condition in conditions.items():
        for test in tests_of(condition.node):
            for message in (*_pattern_doubts(test), *_word_doubts(test), *_reason_doubts(test, file)):
                report.doubt(path, message)


def _segments(file: AgreementFile, conditions: Mapping[Path, Condition], report: Report) -> None:
    """Where rules tell segments apart, one that none of them names may have been forgotten."""
    rules = (conditions["routing", "rules", index] for index in range(len(file.routing.rules)))
    routed = {name for rule in rules for name in _named_segments(tests_of(rule.node))}
    names = [segment.name for segment in file.market.segments]
    forgotten = [name for name in names if name not in routed]
    if routed and forgotten:
        listed, last = ", ".join(f"'{name}'" for name in forgotten), file.routing.rules[-1].name
        segments = "segment" if len(forgotten) == 1 else "segments"
        report.doubt(
            ("market", "segments", names.index(forgotten[0])),
            f"no routing rule names the {segments} {listed}: unless another rule matches, '{last}' takes it",
        )


def _lists(lists: Mapping[str, NamedList], conditions: Mapping[Path, Condition], report: Report) -> None:
    """A list only says whether a value is in it: nothing is read from its other columns."""
    tests = [test for condition in conditions.values() for test in tests_of(condition.node)]
    for name, found in lists.items():
        asked = {test.name: found.column_for(test.name) for test in tests if _asks_for(test, name)}
        where = ", ".join(f"{word} is looked up in '{column}'" for word, column in asked.items())
        unread = [column for column in found.columns if column not in asked.values()]
        if unread:
            columns = "column" if len(unread) == 1 else "columns"
            listed = ", ".join(f"'{column}'" for column in unread)
            report.doubt(("lists", name), f"nothing reads the {columns} {listed}: {where or 'no rule asks'}")
        for word, column in asked.items():
            if not found.values_for(word):
                said = f"'{column}' has no values: no {word} is in this list"
                report.doubt(("lists", name), said)
        for column in sorted(set(asked.values()) - _COLUMNS):
            said = f"'{column}' is read as the name of the column"
            report.doubt(("lists", name), f"{said}: if it is a value, put a name above it; {where}")


def _asks_for(test: Test, name: str) -> bool:
    return test.operator == "in_list" and test.operand == (name,)


def _grades(file: AgreementFile, report: Report) -> None:
    """Who reaches no threshold has the last grade: there must be somebody who does not."""
    fewest = sum(min(rule.points, 0) for rule in file.scoring.fit.points)
    if fewest >= file.scoring.fit.grades.C:
        said = f"no lead has fewer than {fewest} fit points, so none has grade {GRADES[-1]}"
        report.doubt(("scoring", "fit", "grades", "C"), said)


def _refused(file: AgreementFile, report: Report) -> None:
    """Whoever asks a rep not to be contacted wants no nurture either."""
    meant = file.recycle.reasons.get("do-not-contact")
    if meant is not None and meant.track is not None:
        said = f"whoever asks not to be contacted would be nurtured in '{meant.track}': use `hold` and a desk"
        report.doubt(("recycle", "reasons", "do-not-contact", "track"), said)


def _dead_ends(file: AgreementFile, report: Report) -> None:
    """A track that returns nothing is for reasons that name it, not for whoever comes there by default."""
    first, last = track_names(file)
    by_default = [name for name in SAID_BY_BATON if name not in file.recycle.reasons]
    comes: dict[str, list[str]] = {first: ["whoever is no MQL yet or allows contact again"]}
    if by_default:
        comes.setdefault(last, []).append(f"what is given up as {', '.join(by_default)}")
    for name, who in comes.items():
        track = file.recycle.tracks.get(name)
        if track is not None and track.returns == "never":
            said = f"nothing returns from '{name}', where {', and '.join(who)} stays for ever"
            report.doubt(("recycle", "tracks", name, "returns"), said)


def _idle_elses(file: AgreementFile, report: Report) -> None:
    """What stands behind `else` and is never done."""
    for path, to in _destinations(file):
        if to.queue is not None and to.otherwise is not None:
            report.doubt((*path, "else"), "a queue can have any lead: this `else` is never done")
        if to.person is not None and to.otherwise == "queue":
            said = "a person has no queue, so the next rule decides: name a team's with {queue: <team>}"
            report.doubt((*path, "else"), said)


def _destinations(file: AgreementFile) -> Iterator[tuple[Path, Destination]]:
    """Where rules lead, and what stands behind each `else`."""
    written: list[tuple[Path, Destination]] = [
        (("routing", "rules", index, "to"), rule.to) for index, rule in enumerate(file.routing.rules)
    ]
    asides = enumerate(file.market.set_aside)
    written += [(("market", "set_aside", index, "to"), rule.to) for index, rule in asides if rule.to]
    for path, to in written:
        yield path, to
        while isinstance(to.otherwise, Destination):
            path, to = (*path, "else"), to.otherwise
            yield path, to


def _cut_off(report: Report) -> None:
    """A text of several words that goes on behind a `#`: to YAML that is a comment."""
    for path, value in texts_of(report.tree):
        if " " in value and (rest := _COMMENT.match(report.behind(path, value))):
            said = f"{quoted(rest[1])} is a comment, and no part of this text: put all of it in quotes"
            report.doubt(path, said)


def _reason_doubts(test: Test, file: AgreementFile) -> Iterator[str]:
    """A reason is a word of the agreement, or what scoring says in several."""
    if test.name == "reason" and test.operator in ("is", "in"):
        known = (*SAID_BY_BATON, *ALWAYS_MEANT, *file.recycle.reasons)
        for name in cast("tuple[str, ...]", test.operand):
            if " " not in name and name not in known:
                yield f"no lead is given to nurture for this reason: {expected_one_of(known, name)}"


def _named_segments(tests: Iterable[Test]) -> Iterator[str]:
    for test in tests:
        if test.name == "segment" and test.operator in ("is", "in"):
            yield from cast("tuple[str, ...]", test.operand)


def _pattern_doubts(test: Test) -> Iterator[str]:
    """A short word as a pattern matches inside other words too."""
    if test.operator != "matches":
        return
    [pattern] = cast("tuple[str]", test.operand)
    if not _PLAIN.fullmatch(pattern):
        return
    for word in (word.strip() for word in pattern.strip("()").split("|")):
        inside = next((longer for longer in _LONGER if word.lower() in longer.lower() != word.lower()), None)
        if 0 < len(word) < _SHORT and inside is not None:
            yield f"the pattern '{word}' also matches inside '{inside}'; whole words are {{has_word: {word}}}"


def _word_doubts(test: Test) -> Iterator[str]:
    """Signs at the ends of a word are not compared; a hyphen within one only parts it in two."""
    if test.operator == "has_word":
        for text in cast("tuple[str, ...]", test.operand):
            if any(not (part[0].isalnum() and part[-1].isalnum()) for part in text.split()):
                yield (
                    f"has_word compares letters and digits alone: {quoted(text)} means the word "
                    f"{quoted(without_signs(text))}; where signs count, use {{contains: {quoted(text)}}}"
                )
