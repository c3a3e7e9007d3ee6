"""Two versions of an agreement, of which the second takes over."""

from dataclasses import dataclass
from datetime import datetime

from shared.agreement import Agreement
from shared.runtime.service import Agreements


@dataclass(frozen=True, slots=True)
class TwoAgreements(Agreements):
    """One version, and the next one from an instant on."""

    first: Agreement
    takes_over_at: datetime
    second: Agreement

    def in_force(self, at: datetime, conn: object = None) -> Agreement:
        return self.first if at < self.takes_over_at else self.second
