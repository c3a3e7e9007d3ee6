"""Where tables are printed: what people wrote stands in them as it is."""

from typing import Any

from rich.console import Console


def plain_console(**how: Any) -> Console:
    """A console to which brackets and colons in a name are no orders. `how`: as rich's own."""
    return Console(markup=False, emoji=False, **how)
