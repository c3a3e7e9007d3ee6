"""Checks of the clocks: ladders in order, steps that can be done, zones that exist, holidays that exist."""

from shared.agreement.reading.hours import holidays_mistake, zone_mistake
from shared.agreement.reading.report import Report
from shared.agreement.reading.source import Path
from shared.agreement.written import AgreementFile
from shared.agreement.written.follow_up import Policy
from shared.unknown import expected_one_of, quoted


def check_follow_up(file: AgreementFile, report: Report) -> None:
    """Report ladders out of order, escalations to nobody, unknown zones and unknown holidays."""
    for index, policy in enumerate(file.follow_up.policies):
        _check_ladder(policy, ("follow_up", "policies", index, "ladder"), report)
    for name, calendar in file.follow_up.calendars.items():
        path: Path = ("follow_up", "calendars", name)
        if wrong := zone_mistake(calendar.zone):
            report.value((*path, "zone"), wrong)
        if calendar.holidays is not None and (wrong := holidays_mistake(calendar.holidays)):
            report.value((*path, "holidays"), wrong)


def _check_ladder(policy: Policy, path: Path, report: Report) -> None:
    for index, step in enumerate(policy.ladder):
        if index and step.at <= policy.ladder[index - 1].at:
            before = f"{float(policy.ladder[index - 1].at):.0%}"
            report.value(
                (*path, index, "at"),
                f"this step must come later than the one before it, which is at {before}",
            )
        if step.to is not None and step.do != "escalate":
            report.value(
                (*path, index, "to"), f"only `escalate` goes to somebody; remove `to` from {quoted(step.do)}"
            )
        elif step.to is not None and step.to not in ("lead", "deputy") and "@" not in step.to:
            found = expected_one_of(("lead", "deputy"), step.to)
            report.value((*path, index, "to"), f"expected lead, deputy or a person's e-mail address, {found}")
