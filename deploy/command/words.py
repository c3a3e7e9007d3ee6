"""How the command writes and reads instants, and writes durations and stories."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from deploy.command.failing import Failed


def clock_time(instant: str | datetime) -> str:
    """An instant in the reader's own time zone."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def read_instant(written: str) -> str:
    """What somebody wrote as an instant, in UTC if it says nothing else; Failed, if it is none."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise Failed(f"expected an instant such as 2026-11-27T08:00, not {written!r}") from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).isoformat()


def ago(instant: str, now: datetime) -> str:
    """How long since an instant."""
    return duration((now - datetime.fromisoformat(instant)).total_seconds())


def duration(seconds: float) -> str:
    """A duration in its two largest units: 3 d 4 h, 12 min 5 s, 0.4 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    parts = [(whole // 86400, "d"), (whole // 3600 % 24, "h"), (whole // 60 % 60, "min"), (whole % 60, "s")]
    said = [f"{count} {unit}" for count, unit in parts if count]
    return " ".join(said[:2])


def counted(count: int, what: str) -> str:
    """How many: 1 rep, 1,083 MQLs."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def story_lines(lines: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Every event as a sentence with its time, its receipt indented below."""
    for line in lines:
        yield f"  {clock_time(line['at'])}  {line['sentence']}"
        for reason in line["receipt"]:
            yield f"  {'':19}    {reason}"


def score_lines(score: Mapping[str, Any]) -> Iterator[str]:
    """A score as the sum that it is, what is missing, and the name by which it is replayed or contested."""
    is_mql = "an MQL" if score["mql"] else "no MQL"
    yield f"Score {score['score']} as of {clock_time(score['at'])} ({is_mql}; {score['agreement']}):"
    for line in score["lines"]:
        yield f"  {line}"
    yield f"  {score['total']}"
    if score["set_aside"]:
        yield f"  set aside by the rule {score['set_aside']}"
    for line in () if score["mql"] else score["missing"]:
        yield f"  missing: {line}"
    if score["cools_at"]:
        yield f"  cools {clock_time(score['cools_at'])} if nothing happens"
    yield f"  receipt {score['receipt']}"
