"""The versions of the agreement whose files this process has: read at its start, and again when told to."""

from collections.abc import Sequence
from pathlib import Path

from shared.agreement import Agreement
from shared.agreement.versions import Version, read_versions


class Shelf:
    """The versions that were read; all services of a process share them. `place`: where they lie.

    What is no longer there stays until the process ends: it may be in force until another takes over.
    """

    def __init__(self, versions: Sequence[Version], place: Path | None = None) -> None:
        self.versions: tuple[Version, ...] = tuple(versions)
        self._place = place

    @property
    def by_name(self) -> dict[str, Agreement]:
        """What was agreed, by the name of its version."""
        return {version.ref: version.agreement for version in self.versions}

    def get(self, ref: str, fingerprint: str) -> Version | None:
        """The version of this name and content, if it is here."""
        found = (one for one in self.versions if one.ref == ref and one.fingerprint == fingerprint)
        return next(found, None)

    def read(self) -> tuple[Version, ...]:
        """What is at the place now; it is not kept yet. Raises AgreementInvalid with all that is wrong."""
        return self.versions if self._place is None else tuple(read_versions(self._place))

    def keep(self, versions: Sequence[Version]) -> None:
        """From now on these are here too."""
        new = [one for one in versions if self.get(one.ref, one.fingerprint) is None]
        self.versions = (*self.versions, *new)
