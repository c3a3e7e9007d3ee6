"""How much of the market there is a lead of, over HTTP."""

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.scoring.store.leads import count_companies
from shared.runtime.http import READERS, Gate
from shared.runtime.service import Service
from shared.runtime.tx import Tx


class CoverageOut(BaseModel):
    """Companies of which there is a lead that goes on, beside all that the agreement believes in."""

    agreement: str = Field(description="The version in force")
    companies: int = Field(description="Known by their domains; who writes from a free mailbox is of none")
    accounts: int | None = Field(description="`market.size` of the agreement, if it says one")
    share: float | None = Field(description="Of these accounts")


def add_coverage(router: APIRouter, service: Service, gate: Gate) -> None:
    """The coverage of the market."""

    def coverage(tx: Tx) -> CoverageOut:
        companies, size = count_companies(tx), tx.agreement.written.market.size
        accounts = size.accounts if size is not None else None
        share = round(companies / accounts, 4) if accounts is not None else None
        return CoverageOut(agreement=tx.agreement.ref, companies=companies, accounts=accounts, share=share)

    @router.get(
        "/v1/market/coverage",
        summary="Of how much of the market there is a lead",
        dependencies=[Depends(gate.needs(*READERS))],
    )
    async def read_coverage() -> CoverageOut:
        return await service.read(coverage)
