"""The whole file: every section in the order in which people read it."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from shared.agreement.written.common import Instant, Name, Section
from shared.agreement.written.follow_up import FollowUp
from shared.agreement.written.market import Consent, Desk, Intake, Interests, Market, Parties
from shared.agreement.written.measured import Duties, Playbook, Targets
from shared.agreement.written.recycle import Recycle
from shared.agreement.written.routing import Routing
from shared.agreement.written.scoring import Definitions, Scoring


class AgreementFile(Section):
    """An agreement as it is written. Only names, parties, routing and tracks must be there."""

    agreement: Name
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    effective_from: Instant = datetime(1970, 1, 1, tzinfo=UTC)
    parties: Parties
    intake: Intake | None = None
    interests: Interests | None = None
    lists: dict[Name, Name] = Field(default_factory=dict)
    desks: dict[Name, Desk] = Field(default_factory=dict)
    consent: Consent = Field(default_factory=Consent)
    market: Market = Field(default_factory=Market)
    definitions: Definitions = Field(default_factory=Definitions)
    scoring: Scoring = Field(default_factory=Scoring)
    routing: Routing
    follow_up: FollowUp = Field(default_factory=FollowUp)
    recycle: Recycle
    playbooks: list[Playbook] = Field(default_factory=list)
    targets: Targets | None = None
    duties: Duties | None = None
