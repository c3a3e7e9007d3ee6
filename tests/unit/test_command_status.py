"""What `baton status` shows of an instance's figures."""

from typing import Any

from rich.console import Console

from deploy.command.status import CLOCKS, STAGES, picture

ONE = {"lead": "a", "kind": "queue", "answers": "ines@acme.example", "why": "new", "age_s": 9.0}


def shown(listed: int, held: int) -> str:
    """The status of an instance whose queues hold so many leads, of which it lists so many."""
    owners: dict[str, Any] = {"held": held, "closed": 0, "merged": 0, "erased": 0, "scored_late": 0}
    owners |= {"leads_without_owner": 0, "owner_gap_seconds": 0.0}
    owners |= {"fallback": {"queue": {"leads": held, "oldest_s": 9.0}} if held else {}}
    service = {"service": "routing", "agreement": "starter@1", "clocks": 1, "outbox": 0, "parked": 7}
    service |= {"errands_waiting": 0, "errands_given_up": 0}
    service |= {"next_due_at": "2999-01-01T00:00:00Z", "parked_since": "2026-01-01T00:00:00Z"}
    found = {
        "counts": dict.fromkeys((*STAGES, *CLOCKS), 0),
        "owners": owners,
        "fallback": [ONE] * listed,
        "services": [service],
    }
    console = Console(width=80)
    with console.capture() as captured:
        console.print(picture(found))
    return captured.get()


def test_leads_of_a_fallback_that_are_not_listed_are_counted_all_the_same() -> None:
    assert " and 995 more" in shown(listed=500, held=1000)
    assert "more" not in shown(listed=5, held=5)
    assert "held by a fallback" not in shown(listed=0, held=0)


def test_a_narrow_terminal_cuts_nothing_off() -> None:
    assert "…" not in shown(listed=1, held=1)
