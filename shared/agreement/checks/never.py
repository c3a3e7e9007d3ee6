"""What can never be: an interest where there are none, an MQL where everybody is set aside."""

from collections.abc import Mapping

from shared.agreement.conditions.nodes import Always
from shared.agreement.conditions.possible import can_hold
from shared.agreement.conditions.vocabulary import canonical
from shared.agreement.conditions.when import Condition
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile


def check_never(file: AgreementFile, conditions: Mapping[Path, Condition], report: Report) -> None:
    """Report what no lead can ever have, and a market from which no lead is left."""
    if file.interests is None and report.is_sound(("interests",)):
        asked: list[Path] = [path for path, condition in conditions.items() if "interest" in condition.names]
        asked += [
            ("definitions", "mql", "requires", index)
            for index, name in enumerate(file.definitions.mql.requires)
            if canonical(name) == "interest"
        ]
        for path in asked:
            report.objection(path, "no lead has an interest here: say with `interests` where it stands")
    aside = [one.node for path, one in conditions.items() if path[:2] == ("market", "set_aside")]
    if aside and report.is_sound(("market",)) and not can_hold([Always()], aside):
        message = "with this everybody is set aside, and no lead is ever an MQL"
        report.objection(("market", "set_aside", len(aside) - 1), message)
