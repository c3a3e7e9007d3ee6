"""Reads every condition of a file, section by section, and finds rules that can never be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

from shared.agreement.conditions.nodes import All, Always, Node, Test, implies, may_hold_without, tests_of
from shared.agreement.conditions.possible import can_hold
from shared.agreement.conditions.segments import meanings, spelled_out
from shared.agreement.conditions.vocabulary import ALWAYS_KNOWN, NOT_KNOWN, VOCABULARY, Kind
from shared.agreement.conditions.when import Condition, ConditionReader, condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path, place_of
from shared.agreement.written import AgreementFile

RULES_MAX = 2_000
"""Rules in one section; a table longer than this belongs in a list."""


TOGETHER_MAX = 40
"""Rules before another that are looked at together, to see whether they leave anything to it."""


class _Ruled(Protocol):
    """An entry with a condition."""

    @property
    def when(self) -> object: ...


@dataclass(frozen=True, slots=True)
class _Section:
    """One list of rules. `first`: the first that holds decides. `all_in`: one of them always must hold.

    `on_receipt`: a receipt shows those that held, each as a line that is known by its name. `worked`: only
    leads that reps may work get there. `also`: what a rule asks for beside its condition, by its number;
    `ending`: those that leave everything to the others some day.
    """

    path: Path
    rules: Sequence[_Ruled]
    not_here: frozenset[str] = frozenset()
    first: bool = False
    all_in: bool = False
    on_receipt: bool = False
    worked: bool = False
    also: Mapping[int, Node] = field(default_factory=dict)
    ending: frozenset[int] = frozenset()

    def whole(self, index: int, node: Node | None) -> Node | None:
        """All that a rule asks for."""
        also = self.also.get(index)
        return node if also is None or node is None else All((also, node))


class Conditions:
    """The compiled conditions of one file by the place of their rule, such as ("routing", "rules", 0)."""

    def __init__(self, report: Report, reader: ConditionReader, segments: Sequence[str]) -> None:
        self._report = report
        self._segments = segments
        self._reader = reader
        self._by_path: dict[Path, Condition] = {}
        self._lines: dict[str, Path] = {}

    def __getitem__(self, path: Path) -> Condition:
        return self._by_path[path]

    @property
    def by_path(self) -> Mapping[Path, Condition]:
        """All of them; the mapping can not be changed."""
        return MappingProxyType(self._by_path)

    def tests_below(self, path: Path) -> list[Test]:
        """Every comparison of the conditions that stand below a place of the file."""
        below = (found for at, found in self._by_path.items() if at[: len(path)] == path)
        return [test for found in below for test in tests_of(found.node)]

    def read(self, raw: object, path: Path, not_here: frozenset[str] = frozenset()) -> Node | None:
        """Read and keep the condition of the rule at `path`; None if it is wrong, which is reported."""
        if raw is None:
            node: Node | None = Always()
        else:
            node = self._reader.read(raw, (*path, "when") if path[-1] != "return_when" else path, not_here)
        self._by_path[path] = condition(node if node is not None else Always())
        return node

    def read_section(self, section: _Section) -> None:
        """Read all rules of a section, and check what the section promises."""
        if len(section.rules) > RULES_MAX:
            self._report.value(
                section.path, f"a section has at most {RULES_MAX:,} rules; put long tables in a list"
            )
            return
        nodes = [
            self.read(rule.when, (*section.path, index), section.not_here)
            for index, rule in enumerate(section.rules)
        ]
        self._check_names(section)
        if not self._report.unreadable:
            whole = [section.whole(index, node) for index, node in enumerate(nodes)]
            possible = self._possible(section, whole)
            if section.first:
                self._check_reachable(section, possible)
        if section.all_in and section.rules[-1].when is not None:
            message = (
                "the last one must match everything, so that no lead is left over: add one without `when`"
            )
            self._report.value((*section.path, len(nodes) - 1), message)

    def _check_names(self, section: _Section) -> None:
        seen: dict[str, Path] = self._lines if section.on_receipt else {}
        for index, rule in enumerate(section.rules):
            name, path = getattr(rule, "name", None), (*section.path, index)
            if name is not None and (first := seen.setdefault(name, path)) != path:
                line = place_of(self._report.tree, first)[0]
                why = "" if first[:-1] == section.path else ", because a receipt knows its lines by them"
                self._report.objection(
                    (*path, "name"), f"'{name}' is already in line {line}; names differ{why}"
                )

    def _possible(self, section: _Section, nodes: Sequence[Node | None]) -> list[Node | None]:
        """The conditions that some lead can fulfil; the others are reported, and None."""
        meant = self._meanings()
        possible = [node if node and can_hold([spelled_out(node, meant)]) else None for node in nodes]
        for index, node in enumerate(nodes):
            if node is not None and possible[index] is None:
                self._report.objection((*section.path, index), _why_impossible(node))
            elif section.worked and node is not None and _is_of_refused(node):
                self._report.objection((*section.path, index), _REFUSED)
        return possible

    def check_possible(self, path: Path) -> None:
        """Report a condition that no lead can fulfil."""
        node = self._by_path[path].node
        if not self._report.unreadable and not can_hold([spelled_out(node, self._meanings())]):
            self._report.objection(path, _why_impossible(node))

    def _meanings(self) -> Mapping[str, Node]:
        """Of segments that are wrong nothing is concluded."""
        if not self._report.is_sound(("market",)):
            return {}
        below = [one.node for path, one in self._by_path.items() if path[:2] == ("market", "segments")]
        return meanings(self._segments, below)

    def _check_reachable(self, section: _Section, nodes: Sequence[Node | None]) -> None:
        meant = self._meanings()
        asking = [_Asking.by(spelled_out(node, meant)) if node else None for node in nodes]
        taking = [None if index in section.ending else one for index, one in enumerate(asking)]
        for index, node in enumerate(nodes):
            after = len(nodes) - index - 1
            is_last = index not in section.ending and section.rules[index].when is None
            if isinstance(node, Always) and is_last and after:
                message = (
                    f"this matches everything, so the {after} after it can never be reached: put it last"
                )
                self._report.objection((*section.path, index), message)
                return
            rule = asking[index]
            if rule is not None and (taken := self._taken_by(section, rule, taking[:index])):
                message = f"this can never be reached: {taken} everything it would match"
                self._report.objection((*section.path, index), message)

    def _taken_by(self, section: _Section, rule: "_Asking", before: Sequence["_Asking | None"]) -> str:
        """What takes all that a rule would match, if anything: one rule before it, or some together."""
        known, node = rule.names | ALWAYS_KNOWN, rule.node
        few = _few(known, before)
        for index, one in enumerate(before):
            if one and (implies(node, one.node) or (one.node in few and not can_hold([node], [one.node]))):
                return f"the one in line {place_of(self._report.tree, (*section.path, index))[0]} takes"
        groups = (_few(known | more, before) for more in _also_asked(rule, before))
        taken = any(group and not can_hold([node], group) for group in groups)
        return "those before it together take" if taken else ""


class _Asking(NamedTuple):
    """A rule's condition, and the names for which it asks."""

    node: Node
    names: frozenset[str]

    @classmethod
    def by(cls, node: Node) -> "_Asking":
        return cls(node, frozenset(test.name for test in tests_of(node)))


def _few(names: frozenset[str], rules: Sequence[_Asking | None]) -> list[Node]:
    """Those that ask for none but these names, if they are few enough to be looked at together."""
    found = [rule.node for rule in rules if rule and rule.names <= names]
    return found if len(found) <= TOGETHER_MAX else []


def _also_asked(rule: _Asking, before: Sequence[_Asking | None]) -> set[frozenset[str]]:
    """What else those may ask for that together leave nothing to a rule: of one of them it may be missing.

    To the last rule, which must be there, something may be left that stands in a former segment.
    """
    known = rule.names | ALWAYS_KNOWN
    others = [(one.names - known, one.node) for one in before if one]
    missing = [more for more, node in others if more and may_hold_without(node, more)]
    if isinstance(rule.node, Always):
        missing = []
    return {frozenset(), *(more for more, _ in others if any(some <= more for some in missing))}


_REFUSED = "no lead can ever fulfil this: whoever refused is given to the desk of `consent.denied`, to no rep"


def _is_of_refused(node: Node) -> bool:
    """Whether a condition can only hold for those whose consent is denied."""
    denied = Test("consent", Kind.TEXT, "is", ("denied",))
    return any(test.name == "consent" for test in tests_of(node)) and not can_hold([node], [denied])


def _why_impossible(node: Node) -> str:
    why = "its comparisons contradict each other"
    if len(tests := tests_of(node)) == 1:
        why = f"{tests[0].name} is {VOCABULARY[tests[0].name].meaning}"
    return f"no lead can ever fulfil this: {why}"


def read_conditions(file: AgreementFile, report: Report, reader: ConditionReader) -> Conditions:
    """Every condition of the file, compiled; what is wrong with any is reported."""
    conditions = Conditions(report, reader, [segment.name for segment in file.market.segments])
    for section in _sections(file):
        if section.rules:
            conditions.read_section(section)
    conditions.read(_return_when(file), ("recycle", "return_when"))
    conditions.check_possible(("recycle", "return_when"))
    return conditions


def _return_when(file: AgreementFile) -> object:
    """A new signal, not the old score: what is meant where the file does not say."""
    if file.recycle.return_when is not None:
        return file.recycle.return_when
    enough = {"new_activity": True, "score_at_least": file.definitions.mql.score_at_least}
    return {"any": [{"fast_lane": True}, enough]}


def _sections(file: AgreementFile) -> list[_Section]:
    market, scoring, routing = file.market, file.scoring, file.routing
    on_market, on_lead = NOT_KNOWN["ConditionOnMarket"], NOT_KNOWN["ConditionOnLead"]
    before_score, lanes = NOT_KNOWN["ConditionBeforeScore"], ("definitions", "fast_lane")
    on_playbook, in_routing = NOT_KNOWN["ConditionOnPlaybook"], NOT_KNOWN["ConditionInRouting"]
    sections = [
        _Section(("market", "segments"), market.segments, on_market, first=True),
        _Section(("market", "set_aside"), market.set_aside, before_score, first=True, on_receipt=True),
        _Section(lanes, file.definitions.fast_lane, before_score, first=True, on_receipt=True),
        _Section(("scoring", "fit", "points"), scoring.fit.points, on_lead, on_receipt=True),
        _Section(
            ("scoring", "engagement", "points"), scoring.engagement.points, before_score, on_receipt=True
        ),
        _Section(("routing", "values"), routing.values, in_routing, first=True),
        _Section(("routing", "pace"), routing.pace, in_routing, first=True),
        _Section(("routing", "rules"), routing.rules, in_routing, first=True, all_in=True, worked=True),
        _Section(("follow_up", "policies"), file.follow_up.policies, in_routing, first=True, all_in=True),
        _playbooks(file, on_playbook),
    ]
    if routing.hand_off is not None:
        rules = routing.hand_off.rules
        sections.append(
            _Section(
                ("routing", "hand_off", "rules"), rules, in_routing, first=True, all_in=True, worked=True
            )
        )
    return sections


def _playbooks(file: AgreementFile, not_here: frozenset[str]) -> _Section:
    segments = {segment.name for segment in file.market.segments}
    named = [(n, playbook.segment) for n, playbook in enumerate(file.playbooks)]
    return _Section(
        ("playbooks",),
        file.playbooks,
        not_here,
        first=True,
        also={n: Test("segment", Kind.TEXT, "is", (name,)) for n, name in named if name in segments},
        ending=frozenset(n for n, playbook in enumerate(file.playbooks) if playbook.until is not None),
    )
