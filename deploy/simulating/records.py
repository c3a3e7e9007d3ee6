"""Recorded leads: from a file, one JSON line each, or page by page from a running instance."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec.structs import replace

from deploy.command.asking import Instance
from deploy.command.failing import NO, Failed
from shared.agreement.facts import account_domain
from shared.contracts.history import Recorded
from shared.contracts.values import Account

_decoder: Final = msgspec.json.Decoder(Recorded)


@dataclass(frozen=True, slots=True)
class History:
    """Recorded leads, each once: `total` of them, or fewer.

    `complete_from`: what was recorded since is all there; None if that is not known.
    """

    leads: Iterator[Recorded]
    total: int
    complete_from: datetime | None

    @classmethod
    def of_file(cls, file: Path) -> Self:
        """What a file has. Raises Failed."""
        total = sum(1 for _ in _lines_of(file))
        return cls(from_lines(_lines_of(file), str(file)), total, None)

    @classmethod
    def of_instance(cls, data: Path, url: str | None, key: str | None, since: datetime | None) -> Self:
        """What a running instance recorded of the leads captured since. Raises Failed."""
        instance = Instance.reach(data, url, key)
        asked = {} if since is None else {"since": since.isoformat()}
        accounts = {account.domain: account for account in _accounts(instance)}
        first = instance.get("/v1/history", **asked)
        complete_from = first["complete_from"] and datetime.fromisoformat(first["complete_from"])
        leads = (_with_account(lead, accounts) for lead in _pages(instance, first, asked))
        return cls(leads, first["leads_total"], complete_from)


def from_lines(lines: Iterable[bytes | str], name: str) -> Iterator[Recorded]:
    """Every lead. `name`: what the lines are from. Raises Failed with the first line that is none."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            hint = "write one JSON object a line, as GET /v1/history has them"
            raise Failed(f"{name}:{number}: not a recorded lead: {wrong}; {hint}", NO) from wrong


def captured_since(leads: Iterable[Recorded], since: datetime | None) -> Iterator[Recorded]:
    """Those captured from that instant on; all without one."""
    return (lead for lead in leads if since is None or lead.captured_at >= since)


def _accounts(instance: Instance) -> Iterator[Account]:
    after: str | None = ""
    while after is not None:
        page = instance.get("/v1/accounts", after=after)
        yield from msgspec.convert(page["accounts"], list[Account])
        after = page["after"]


def _with_account(lead: Recorded, accounts: Mapping[str | None, Account]) -> Recorded:
    account = accounts.get(account_domain(lead.company, lead.email))
    return lead if account is None else replace(lead, account=account)


def _pages(instance: Instance, page: dict[str, object], asked: dict[str, str]) -> Iterator[Recorded]:
    with instance:
        while True:
            yield from msgspec.convert(page["leads"], list[Recorded])
            if page["after"] is None:
                return
            page = instance.get("/v1/history", after=str(page["after"]), **asked)


def _lines_of(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as opened:
            yield from opened
    except OSError as wrong:
        hint = "name a file of recorded leads, one JSON object a line"
        raise Failed(f"{file}: {wrong.strerror}; {hint}") from wrong
