"""What a segment means where another condition asks for it: its condition, and none of those before it."""

from collections.abc import Mapping, Sequence

from shared.agreement.conditions.generate import whether_it_holds
from shared.agreement.conditions.nodes import All, Always, AnyOf, Node, Not, Test


def meanings(names: Sequence[str], nodes: Sequence[Node]) -> Mapping[str, Node]:
    """What a lead of each segment fulfils, by the segments' names and conditions in their order."""
    return {
        name: All((nodes[index], *(Not(node) for node in nodes[:index])))
        for index, name in enumerate(names[: len(nodes)])
    }


def spelled_out(node: Node, segments: Mapping[str, Node]) -> Node:
    """The condition with what it means in place of each segment; as it was if none is known."""
    match node:
        case Test(name="segment") if segments:
            return _spelled(node, segments)
        case All(parts):
            return All(tuple(spelled_out(part, segments) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(spelled_out(part, segments) for part in parts))
        case Not(part):
            return Not(spelled_out(part, segments))
        case _:
            return node


def _spelled(test: Test, segments: Mapping[str, Node]) -> Node:
    fits = whether_it_holds(test)
    meant = [node for name, node in segments.items() if fits({"segment": name})]
    if fits({}):
        meant.append(Not(AnyOf(tuple(segments.values()))))
    return AnyOf(tuple(meant)) if meant else Not(Always())
