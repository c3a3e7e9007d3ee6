"""What a segment means where another condition asks for it: its condition, and none of those before it."""

from collections.abc import Mapping, Sequence

from shared.agreement.conditions.nodes import All, AnyOf, Node, Not, Test


def meanings(names: Sequence[str], nodes: Sequence[Node]) -> Mapping[str, Node]:
    """What a lead of each segment fulfils, by the segments' names and conditions in their order."""
    return {
        name: All((nodes[index], *(Not(node) for node in nodes[:index])))
        for index, name in enumerate(names[: len(nodes)])
    }


def spelled_out(node: Node, segments: Mapping[str, Node]) -> Node:
    """The condition with what it means in place of each segment; of one that is not known, as it was."""
    match node:
        case Test(name="segment", operator="is" | "in", operand=tuple(wanted)):
            meant = tuple(segments[name] for name in wanted if isinstance(name, str) and name in segments)
            return AnyOf(meant) if len(meant) == len(wanted) else node
        case All(parts):
            return All(tuple(spelled_out(part, segments) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(spelled_out(part, segments) for part in parts))
        case Not(part):
            return Not(spelled_out(part, segments))
        case _:
            return node
