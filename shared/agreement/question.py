"""A condition that somebody asks, outside of a file, in the agreement's own words."""

from collections.abc import Mapping
from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.conditions.vocabulary import NOT_KNOWN
from shared.agreement.conditions.when import Condition, ConditionReader, condition
from shared.agreement.reading.problems import AgreementInvalid
from shared.agreement.reading.report import Report

_ASKED: Final = "where"


def question(asked: Mapping[str, object], agreement: Agreement) -> Condition:
    """What is asked of what routing has, such as {company.employees: {at_least: 50}}. It knows no lists.

    Raises AgreementInvalid with everything that is wrong.
    """
    report = Report(_ASKED, asked)
    segments = frozenset(segment.name for segment in agreement.written.market.segments)
    node = ConditionReader(report, segments=segments).read(asked, (_ASKED,), NOT_KNOWN["ConditionInRouting"])
    if node is None or report.problems or report.objections:
        raise AgreementInvalid([*report.problems, *report.objections])
    return condition(node)
