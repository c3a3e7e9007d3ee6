"""What scoring asks for, with each segment spelled out as what it means."""

from collections.abc import Mapping
from typing import NamedTuple

from shared.agreement.conditions.nodes import Node, Test, tests_of
from shared.agreement.conditions.segments import meanings, spelled_out
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile


class Spelled(NamedTuple):
    """The conditions of scoring, in the order of the file."""

    fit: tuple[Node, ...]
    engagement: tuple[Node, ...]
    lanes: tuple[Node, ...]
    asides: tuple[Node, ...]

    @property
    def tests(self) -> list[Test]:
        """Every comparison in them."""
        return [test for nodes in self for node in nodes for test in tests_of(node)]


def spelled(file: AgreementFile, conditions: Mapping[Path, Condition]) -> Spelled:
    """The conditions of scoring without segments."""

    def at(*place: str) -> list[Node]:
        return [one.node for path, one in conditions.items() if path[: len(place)] == place]

    names = [segment.name for segment in file.market.segments]
    segments = meanings(names, at("market", "segments"))

    def of(*place: str) -> tuple[Node, ...]:
        return tuple(spelled_out(node, segments) for node in at(*place))

    return Spelled(
        fit=of("scoring", "fit", "points"),
        engagement=of("scoring", "engagement", "points"),
        lanes=of("definitions", "fast_lane"),
        asides=of("market", "set_aside"),
    )


def names_in(node: Node) -> frozenset[str]:
    """The names that a condition asks for."""
    return frozenset(test.name for test in tests_of(node))
