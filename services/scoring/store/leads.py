"""The states of leads, and the accounts behind them."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, Select, bindparam, func, select

from services.scoring.domain.model import ScoredLead
from services.scoring.tables import accounts, leads
from shared.contracts.values import Account
from shared.db.bulk import upsert
from shared.db.dialect import among, gate
from shared.db.prepared import fetch
from shared.db.states import States
from shared.runtime.tx import Tx
from shared.terms import LeadId

lead_states: Final = States(leads, ScoredLead, lambda lead: {"account": lead.account_domain})
ACCOUNTS_PAGE: Final = 1000
_GATE: Final = "scoring_accounts"
_ACCOUNTS: Final = select(accounts).where(among(accounts.c.domain, "domains"))
_decoder: Final = msgspec.json.Decoder(Account)


def count_leads(tx: Tx) -> int:
    """How many leads scoring has heard of."""
    return tx.conn.execute(select(func.count()).select_from(leads)).scalar_one()


def count_companies(tx: Tx) -> int:
    """Of how many companies there is a lead that goes on."""
    query = select(func.count(leads.c.account.distinct())).where(leads.c.account.is_not(None))
    return tx.conn.execute(query).scalar_one()


def accounts_stay(tx: Tx) -> None:
    """Until this transaction ends nobody changes an account. Call it before any lead is locked.

    Else a lead that comes while its account changes would neither see the new one nor be seen by `leads_at`.
    """
    gate(tx.conn, _GATE)


def read_accounts(tx: Tx, domains: Iterable[str]) -> dict[str, Account]:
    """What the CRM says of these companies, where it has said something."""
    found = fetch(tx.conn, _ACCOUNTS, {"domains": sorted(set(domains))})
    return {row.domain: _decoder.decode(row.account) for row in found}


def accounts_after(tx: Tx, domain: str) -> tuple[list[Account], str | None]:
    """The next accounts by their domains, and what the ones after them come after; None if there are none."""
    query = select(accounts).where(accounts.c.domain > domain).order_by(accounts.c.domain)
    rows = tx.conn.execute(query.limit(ACCOUNTS_PAGE)).all()
    found = [_decoder.decode(row.account) for row in rows]
    return found, rows[-1].domain if len(rows) == ACCOUNTS_PAGE else None


def save_accounts(tx: Tx, said: Mapping[str, Account]) -> None:
    """Keep what the CRM says now, alone. Call it before any lead is locked."""
    gate(tx.conn, _GATE, alone=True)
    rows = [{"domain": domain, "account": msgspec.json.encode(said[domain])} for domain in sorted(said)]
    upsert(tx.conn, accounts, rows, update=[accounts.c.account])


def leads_at(tx: Tx, domains: Iterable[str]) -> list[LeadId]:
    """The leads of these companies."""
    query = select(leads.c.lead_id).where(among(leads.c.account, "domains")).order_by(leads.c.lead_id)
    return [LeadId(lead) for lead in tx.conn.execute(query, {"domains": sorted(domains)}).scalars()]


def leads_after(tx: Tx, lead: str, limit: int) -> list[LeadId]:
    """The next leads by their ids."""
    found = tx.conn.execute(_after(), {"lead": lead, "limit": limit})
    return [LeadId(one) for one in found.scalars()]


@cache
def _after() -> Select[Any]:
    later = select(leads.c.lead_id).where(leads.c.lead_id > bindparam("lead"))
    return later.order_by(leads.c.lead_id).limit(bindparam("limit", type_=Integer))
