"""Holds the located values against the models, and goes on after each mistake so that all are found at once.

What is wrong is reported and taken out (a misspelt field is put right), and the rest is held against the
models again. What only goes wrong because something was taken out is not reported. So the later checks see
everything that is right.
"""

from dataclasses import dataclass, field

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.agreement.reading.messages import fields_at, message_for, path_in_file
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import LocatedList, LocatedMapping, Path
from shared.agreement.written import AgreementFile
from shared.unknown import nearest

_PASSES_MAX = 60
"""Each pass takes at least one value out, and mistakes nest no deeper than the models."""

STAND_IN = "…"
"""The name of what stands in for a missing section, so that the other sections can be checked."""

_PERSON = "nobody@example.org"


Misspelt = dict[tuple[int, str], str]
"""By mapping and field: the name under which the field was written, where that is only misspelt."""


@dataclass(slots=True)
class _Pruning:
    """What has been taken out so far: `touched` are the mappings and lists that something was taken from."""

    report: Report
    tree: LocatedMapping
    touched: set[int] = field(default_factory=set)

    def misspelt(self, errors: list[ErrorDetails]) -> Misspelt:
        """Unknown names that are near to a field that is not there: they are read as that field."""
        found: Misspelt = {}
        for error in errors:
            if error["type"] != "extra_forbidden":
                continue
            container, wrong = self._at(self._existing(error["loc"])[:-1]), str(error["loc"][-1])
            right = nearest(wrong, fields_at(AgreementFile, error["loc"][:-1]))
            if right is not None and isinstance(container, LocatedMapping) and right not in container:
                found.setdefault((id(container), right), wrong)
        return found

    def is_misspelt(self, error: ErrorDetails, meant: Misspelt) -> bool:
        """Whether a field is missing only because its name is misspelt."""
        where = id(self._at(self._existing(error["loc"])))
        return error["type"] == "missing" and (where, str(error["loc"][-1])) in meant

    def take_out(self, errors: list[ErrorDetails], meant: Misspelt) -> None:
        """Put misspelt names right and remove everything else that is wrong. Places are looked up first."""
        wrong: dict[tuple[int, str | int], object] = {}
        for error in errors:
            path = self._existing(path_in_file(error["loc"]))
            if self.is_misspelt(error, meant):
                continue
            if error["type"] == "missing" and len(error["loc"]) == 1:
                self._stand_in(str(error["loc"][0]))
            elif path:
                container = self._at(path[:-1])
                wrong[(id(container), path[-1])] = container
        right_names = {(where, was): name for (where, name), was in meant.items()}
        for (where, step), container in sorted(wrong.items(), key=_later_items_first, reverse=True):
            if isinstance(container, LocatedMapping) and (where, str(step)) in right_names:
                _rename(container, str(step), right_names[(where, str(step))])
            else:
                _remove(container, step)
                self.touched.add(where)

    def is_consequence(self, error: ErrorDetails) -> bool:
        """Whether the mistake is only there because something was taken out of the same mapping or list."""
        container = self._at(self._existing(path_in_file(error["loc"])))
        if id(container) in self.touched:
            return True
        emptied = container.empty if isinstance(container, LocatedMapping) else ()
        return error["type"] == "missing" and error["loc"][-1] in emptied

    def say(self, error: ErrorDetails) -> None:
        message = message_for(error, AgreementFile)
        if error["type"] == "extra_forbidden" or "[key]" in error["loc"]:
            self.report.name(path_in_file(error["loc"]), message)
        else:
            self.report.value(self._existing(path_in_file(error["loc"])), message)

    def _existing(self, path: Path) -> Path:
        """The part of a path that the file has: models add steps for alternatives and for what is missing."""
        found: list[str | int] = []
        value: object = self.tree
        for step in path:
            if isinstance(value, dict) and step in value:
                value = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                continue
            found.append(step)
        return tuple(found)

    def _at(self, path: Path) -> object:
        value: object = self.tree
        for step in path:
            if isinstance(value, dict):
                value = value[str(step)]
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
        return value

    def _stand_in(self, name: str) -> None:
        self.tree[name] = _STAND_INS[name]
        self.tree.marks[name] = (self.tree.mark, self.tree.mark)
        self.touched.add(id(self.tree))


_TEAM = {"name": STAND_IN, "lead": _PERSON, "deputy": _PERSON}
_STAND_INS: dict[str, object] = {
    "agreement": STAND_IN,
    "version": 1,
    "parties": {"marketing": _PERSON, "sales": _PERSON, "arbiter": {"person": _PERSON}},
    "routing": {"teams": [_TEAM], "rules": [{"name": STAND_IN, "to": {"team": STAND_IN}}]},
    "recycle": {"tracks": {STAND_IN: {"owner": _PERSON}}},
}


def validate(tree: LocatedMapping, report: Report) -> AgreementFile | None:
    """The file as models, with what is wrong reported and left out; None if nothing sensible is left."""
    pruning = _Pruning(report, tree)
    for _ in range(_PASSES_MAX):
        try:
            return AgreementFile.model_validate(tree)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False)
        meant = pruning.misspelt(errors)
        for error in errors:
            if not pruning.is_consequence(error) and not pruning.is_misspelt(error, meant):
                pruning.say(error)
        pruning.take_out(errors, meant)
    return None


def _later_items_first(entry: tuple[tuple[int, str | int], object]) -> str:
    """Sorts so that taking out an item of a list does not move another that is still to be taken out."""
    return str(entry[0][1]).zfill(9)


def _rename(container: LocatedMapping, was: str, name: str) -> None:
    container[name] = container.pop(was)
    container.marks[name] = container.marks.pop(was)


def _remove(container: object, step: str | int) -> None:
    if isinstance(container, LocatedMapping):
        container.pop(str(step), None)
        container.marks.pop(str(step), None)
    elif isinstance(container, LocatedList) and isinstance(step, int):
        del container[step]
        del container.marks[step]
