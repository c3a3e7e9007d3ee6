"""Which errors pass by themselves, and which are in what was to be handled; and how these are shown."""

from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError

from shared.bus.port import BusUnavailable
from shared.contracts.envelope import Unreadable
from shared.db.database import DatabaseUnavailable
from shared.effects import PolicyError


def is_policy_error(failed: Exception) -> bool:
    """Whether doing it again would fail again. Errors of database and network pass; the rest is in the event.

    A value that no column can hold, or that is no instant, is in the event too.
    """
    if isinstance(failed, DataError):
        return True
    if isinstance(failed, StatementError) and not isinstance(failed, DBAPIError):
        return True
    return not isinstance(failed, (SQLAlchemyError, DatabaseUnavailable, BusUnavailable, OSError))


def reason_of(failed: Exception) -> str:
    """An error as it is shown to whoever has to mend it. Ours are sentences; others need their name."""
    ours = isinstance(failed, (PolicyError, Unreadable))
    return str(failed) if ours else f"{type(failed).__name__}: {failed}"
