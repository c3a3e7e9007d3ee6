"""Checks of the clocks: ladders in order, steps that can be done, zones that exist, holidays that exist."""

import zoneinfo

from shared.agreement.problems import expected_one_of, quoted
from shared.agreement.report import Report
from shared.agreement.source import Path
from shared.agreement.written import AgreementFile
from shared.agreement.written.follow_up import Policy


def check_follow_up(file: AgreementFile, report: Report) -> None:
    """Report ladders out of order, escalations to nobody, unknown zones and unknown holidays."""
    for index, policy in enumerate(file.follow_up.policies):
        _check_ladder(policy, ("follow_up", "policies", index, "ladder"), report)
    for name, calendar in file.follow_up.calendars.items():
        path: Path = ("follow_up", "calendars", name)
        _check_zone(calendar.zone, (*path, "zone"), report)
        if calendar.holidays is not None:
            _check_holidays(calendar.holidays, (*path, "holidays"), report)


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


def _check_zone(zone: str, path: Path, report: Report) -> None:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        known = expected_one_of(zoneinfo.available_timezones(), zone)
        report.value(path, f"expected an IANA zone such as America/New_York, {known}")


def _check_holidays(code: str, path: Path, report: Report) -> None:
    from holidays import list_supported_countries  # a quarter of a second, which most agreements need not pay

    country, _, region = code.partition("-")
    known = list_supported_countries()
    if country not in known:
        found = expected_one_of(known, country)
        report.value(path, f"expected a country whose holidays are known, such as US or US-CA, {found}")
    elif region and region not in known[country]:
        found = expected_one_of(known[country], region)
        report.value(path, f"expected a region of {country} whose holidays are known, {found}")
