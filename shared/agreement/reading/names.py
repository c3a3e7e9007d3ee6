"""The names that a file gives to its teams, tracks, desks, segments and lists, for other places to refer to.

They are read from the file itself and not from what was found valid, so that one mistake in a team does not
make every rule that names the team look wrong as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

USUAL_DESK = "marketing"
"""The desk of an agreement that names none; marketing's signatory answers for it."""

PRIVACY_DESK = "privacy"
"""The desk for those who refused, where an agreement has one and does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Names:
    """What may be referred to in one file."""

    teams: frozenset[str]
    tracks: frozenset[str]
    desks: frozenset[str]
    segments: frozenset[str]
    lists: frozenset[str]

    def and_also(self, other: "Names") -> "Names":
        """What may be referred to in either."""
        return Names(
            self.teams | other.teams,
            self.tracks | other.tracks,
            self.desks | other.desks,
            self.segments | other.segments,
            self.lists | other.lists,
        )


def names_of(tree: Mapping[str, object]) -> Names:
    """Every name that the file gives, whether or not what stands behind it is valid."""
    return Names(
        teams=_listed(tree, "routing", "teams"),
        tracks=_keys(tree, "recycle", "tracks"),
        desks=_keys(tree, "desks") or frozenset({USUAL_DESK}),
        segments=_listed(tree, "market", "segments"),
        lists=_keys(tree, "lists"),
    )


def _at(tree: object, *path: str) -> object:
    for step in path:
        tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def _keys(tree: object, *path: str) -> frozenset[str]:
    found = _at(tree, *path)
    return frozenset(str(key) for key in found) if isinstance(found, Mapping) else frozenset()


def _listed(tree: object, *path: str) -> frozenset[str]:
    found = _at(tree, *path)
    items = found if isinstance(found, list) else []
    return frozenset(str(item["name"]) for item in items if isinstance(item, Mapping) and "name" in item)
