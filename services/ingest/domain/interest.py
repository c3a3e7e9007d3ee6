"""What a lead is about, where the agreement keeps one lead per person and interest."""

from services.ingest.domain.submission import Submission
from shared.agreement import Agreement
from shared.contracts.values import Company, Person


def interest_of(agreement: Agreement, said: Submission) -> str | None:
    """The interest that a submission is about; None where the agreement does not tell interests apart."""
    if agreement.interests is None:
        return None
    return _texts(said).get(agreement.interests.by) or said.interest or agreement.interests.otherwise


def _texts(said: Submission) -> dict[str, str | None]:
    """What a submission says, by the agreement's words."""
    email = said.email
    return {
        **{name: getattr(said.person, name) for name in Person.__struct_fields__},
        **{f"company.{n}": getattr(said.company, n) for n in Company.__struct_fields__ if n != "employees"},
        "email": email.address if email else None,
        "email.domain": email.domain if email else None,
        "consent": said.consent,
        "source": said.source,
        "campaign": said.campaign,
        "captured.via": said.how,
        "activity.type": said.act.type,
        "activity.url": said.act.url,
        "activity.asset": said.act.asset,
        "activity.product": said.act.product,
        "activity.campaign": said.campaign,
        "activity.source": said.source,
    }
