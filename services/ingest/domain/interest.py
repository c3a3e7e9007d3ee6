"""What a lead is about, where the agreement keeps one lead per person and interest."""

from typing import Any

from services.ingest.domain.submission import Submission
from shared.agreement import Agreement
from shared.agreement.facts import facts_of_story
from shared.contracts.values import Snapshot


def interest_of(agreement: Agreement, said: Submission) -> str | None:
    """The interest that a submission is about; None where the agreement does not tell interests apart."""
    if agreement.interests is None:
        return None
    return facts_of(said).get(agreement.interests.by) or said.interest or agreement.interests.otherwise


def facts_of(said: Submission) -> dict[str, Any]:
    """What a submission says, in the words of the agreement's conditions."""
    return facts_of_story(
        Snapshot(
            person=said.person,
            email=said.email,
            company=said.company,
            consent=said.consent,
            interest=said.interest,
            source=said.source,
            campaign=said.campaign,
            captured_via=said.how,
            activities=(said.activity(0),),
        )
    )
