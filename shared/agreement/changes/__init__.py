"""What changes from one version of an agreement to another, in words, the most consequential first."""

from shared.agreement.changes.change import Change
from shared.agreement.changes.compare import changes

__all__ = ["Change", "changes"]
