"""The agreement as it is written: one pydantic model per section, with the defaults of what is left out."""

from shared.agreement.written.whole import AgreementFile

__all__ = ["AgreementFile"]
