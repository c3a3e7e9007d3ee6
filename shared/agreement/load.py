"""Loads an agreement: reads the file and the lists beside it, finds every mistake, compiles what is right."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from shared.agreement.agreement import Agreement
from shared.agreement.building.build import build
from shared.agreement.checks.check import check
from shared.agreement.checks.doubts import find_doubts
from shared.agreement.conditions.lists import NamedList, read_list
from shared.agreement.conditions.rules import read_conditions
from shared.agreement.conditions.when import ConditionReader
from shared.agreement.reading.names import names_of
from shared.agreement.reading.problems import AgreementInvalid, Problem
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import LocatedMapping, read_yaml
from shared.agreement.written.validate import validate

ReadList = Callable[[str], str]
"""Gives the text of a list by the path in the agreement. Raises OSError or ValueError if it can not."""


def load(path: str | Path) -> Agreement:
    """The agreement in the file at `path`, with the lists beside it.

    Raises AgreementInvalid with everything that is wrong, also when the file can not be read at all.
    """
    return _unobjected(load_agreed(path))


def load_agreed(path: str | Path) -> Agreement:
    """The same, also of what is refused in a new agreement: `objections` of the agreement are that.

    What has taken over goes on when checks become stricter; who takes a new version asks for its objections.
    """
    place = Path(path)
    try:
        text = _text_of(place)
    except (OSError, ValueError) as error:
        raise AgreementInvalid(
            [Problem(str(place), 0, 0, f"this file can not be read: {_reason(error)}")]
        ) from None
    return _compile(text, str(place), lambda name: _text_of(place.parent / name))


def load_text(text: str, file: str = "agreement.yaml", lists: Mapping[str, str] | None = None) -> Agreement:
    """The agreement in `text`; problems name `file`. `lists` are the texts of CSV files by path.

    Raises AgreementInvalid with everything that is wrong.
    """
    return _unobjected(load_agreed_text(text, file, lists))


def load_agreed_text(
    text: str, file: str = "agreement.yaml", lists: Mapping[str, str] | None = None
) -> Agreement:
    """The same, also of what is refused in a new agreement: see `load_agreed`."""
    return _compile(text, file, lambda name: _given(lists or {}, name))


def _unobjected(agreement: Agreement) -> Agreement:
    if agreement.objections:
        raise AgreementInvalid(agreement.objections)
    return agreement


def _compile(text: str, file: str, read: ReadList) -> Agreement:
    tree, found = read_yaml(text, file)
    if tree is None:
        raise AgreementInvalid(found)
    report = Report(file, tree, text)
    report.add_unreadable(found)
    return compile_tree(tree, report, hashlib.sha256(text.encode()).hexdigest(), read)


def compile_tree(tree: LocatedMapping, report: Report, fingerprint: str, read: ReadList) -> Agreement:
    """The agreement in a file that has been read, with objections; what is wrong is taken out of `tree`.

    Raises AgreementInvalid with everything that is wrong if it can not be carried out.
    """
    known = names_of(tree)
    written = validate(tree, report)
    if written is None:
        raise AgreementInvalid(report.problems)
    known = known.and_also(names_of(tree))
    lists = _read_lists(tree, written.lists, read, report)
    reader = ConditionReader(report, segments=known.segments, lists=lists, list_names=known.lists)
    conditions = read_conditions(written, report, reader)
    check(written, conditions.by_path, known, report)
    if report.problems:
        raise AgreementInvalid([*report.problems, *report.objections])
    find_doubts(written, conditions.by_path, lists, report)
    built = build(written, conditions, fingerprint, lists)
    return replace(built, objections=tuple(report.objections), doubts=tuple(report.doubts))


def _read_lists(
    tree: LocatedMapping, paths: Mapping[str, str], read: ReadList, report: Report
) -> dict[str, NamedList]:
    lists: dict[str, NamedList] = {}
    for name, path in paths.items():
        try:
            text = read(path)
        except (OSError, ValueError) as error:
            report.value(("lists", name), f"the list {path} can not be read: {_reason(error)}")
            continue
        found, problems = read_list(name, text, path)
        if found is None:
            report.problems += problems
        else:
            report.objections += problems
            lists[name] = found
    return lists


def _text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def _given(lists: Mapping[str, str], name: str) -> str:
    if name not in lists:
        raise ValueError("there is no such file")
    return lists[name]


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or str(error)
