"""Whom the simulation is about: two firms, each with its agreement, later versions of it, and a roster."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from shared.agreement import Agreement, load_text
from shared.agreement.versions import Version
from shared.runtime.shelf import Shelf

HERE: Final = Path(__file__).parent
ARBITER: Final = "coo@acme.example"

Changes = tuple[str, Mapping[str, str]]
"""From when a version is meant, and what it replaces in the words of the first."""


@dataclass(frozen=True, slots=True, eq=False)
class Firm:
    """An agreement and what is different in its second and third version; the fields of each rep's row.

    `senders`: how many people its leads are. `reasons` and `rejects`: what its reps say of a lead.
    """

    agreement: Path
    changes: tuple[Changes, ...]
    reps: Mapping[str, Mapping[str, object]]
    reasons: tuple[str, ...]
    senders: int
    is_rich: bool = False

    @property
    def agreements(self) -> list[Agreement]:
        """All versions, in the order in which they take over."""
        return [version.agreement for version in versions_of(self)]

    def new_shelf(self) -> Shelf:
        """What the services have from the beginning: all but the last version."""
        return Shelf(versions_of(self)[:-1])


@cache
def versions_of(firm: Firm) -> tuple[Version, ...]:
    """All versions with their text, in the order in which they take over."""
    text = firm.agreement.read_text()
    versions = [Version(firm.agreement, text, load_text(text))]
    for number, (since, changes) in enumerate(firm.changes, 2):
        newer = text.replace("version: 1", f"version: {number}")
        newer = newer.replace("effective_from: 2026-01-01T00:00:00Z", f"effective_from: {since}")
        for old, new in changes.items():
            assert old in newer, f"{old} is not in {firm.agreement}"
            newer = newer.replace(old, new)
        versions.append(Version(firm.agreement, newer, load_text(newer)))
    return tuple(versions)


PLAIN: Final = Firm(
    agreement=HERE / "plain.yaml",
    changes=(
        (
            "2026-03-28T02:00:00Z",
            {"score_at_least: 45,": "score_at_least: 55,", '"06:00-22:00"': '"09:00-12:00", "13:00-23:30"'},
        ),
        (
            "2026-03-28T20:00:00Z",
            {
                "accept_within: 2h": "accept_within: 1h",
                "{open: 4}": "{open: 3}",
                "cools_below: 40": "cools_below: 44",
            },
        ),
    ),
    reps={
        "ann@acme.example": {"teams": "enterprise", "calendar": "berlin"},
        "bob@acme.example": {"teams": "enterprise", "calendar": "new-york"},
        "cyn@acme.example": {"teams": "inside", "calendar": "lisbon"},
        "dov@acme.example": {"teams": "inside", "calendar": "new-york"},
        "eve@acme.example": {"teams": "inside", "zone": "UTC"},
        "fay@acme.example": {"teams": "executives", "calendar": "berlin"},
        "gil@acme.example": {"teams": "executives; closers", "zone": "UTC"},
        "hal@acme.example": {"teams": "closers", "zone": "UTC"},
    },
    reasons=("unreachable", "no-need", "bad-timing", "no-fit", "not-a-lead", "do-not-contact"),
    senders=30,
)

# The second version drops a team, which may hold it up; the third has it again, and other times and caps.
RICHER: Final = Firm(
    agreement=HERE / "richer.yaml",
    changes=(
        (
            "2026-03-28T00:00:00Z",
            {
                "    - {name: night, lead": "    # - {name: night, lead",
                "to: {team: night}": "to: {team: south}",
                "per_day: 4}": "per_day: 3}",
            },
        ),
        (
            "2026-03-28T18:00:00Z",
            {
                "per_rep_per_day: 2": "per_rep_per_day: 3",
                "turn: least_loaded": "turn: fair",
                "overflow:south": "queue",
                '"06:00-22:00"': '"09:00-12:00", "13:00-23:30"',
                "accept_within: 90m": "accept_within: 45m",
            },
        ),
    ),
    reps={
        "ada@acme.example": {"teams": "north=2; night", "calendar": "berlin", "languages": "en; de"},
        "ben@acme.example": {"teams": "north", "shifts": "mon-sun 22:00-06:00", "zone": "Asia/Singapore"},
        "cam@acme.example": {"teams": "north; south", "zone": "UTC", "languages": "en; es-MX"},
        "dan@acme.example": {"teams": "south=3", "calendar": "new-york", "languages": "es"},
        "elo@acme.example": {"teams": "south; night", "calendar": "lisbon"},
        "fin@acme.example": {"teams": "key", "calendar": "berlin", "skills": "insight"},
        "gus@acme.example": {"teams": "key; pod-rest", "zone": "Asia/Tokyo"},
        "hal@acme.example": {"teams": "pod-bank", "calendar": "new-york", "skills": "banking; insight"},
        "ivy@acme.example": {"teams": "pod-bank; pod-rest", "zone": "UTC"},
        "ines@acme.example": {"teams": "south", "zone": "UTC"},
        "nils@acme.example": {"teams": "night", "calendar": "berlin"},
    },
    reasons=(
        "unreachable",
        "no-authority",
        "bad-timing",
        "chose-competitor",
        "bad-data",
        "bad-data",
        "no-fit",
        "not-a-lead",
        "do-not-contact",
    ),
    senders=20,
    is_rich=True,
)
