"""The clocks and what happens when they run out, in words."""

from typing import Final

from shared.agreement.agreement import Agreement
from shared.agreement.building.parts import Policy, Step
from shared.agreement.prose.words import bullets, counted, length, listed, percent, when
from shared.agreement.written.follow_up import Calendar

_CLOCK: Final = {
    "working": "The clock runs in the working hours of whoever has the lead",
    "any_open": "The clock runs while any team that the rule names is open",
    "always": "The clock runs day and night",
}
_REASSIGNED: Final = {"anew": "starts anew", "what_is_left": "goes on with what is left"}
_STEP: Final = {"remind": "the rep is reminded", "reassign": "the next rep gets it"}


def follow_up(agreement: Agreement) -> list[str]:
    """Policies in order, calendars, how long a rep may wait for a lead, and when it is stalled."""
    calendars = agreement.written.follow_up.calendars
    blocks = ["## By when sales acts"]
    for number, policy in enumerate(agreement.policies, start=1):
        blocks += [f"{number}. **{policy.name}**{when(policy.condition.node)}:", _policy(policy)]
    if calendars:
        lines = (_calendar(name, calendar) for name, calendar in calendars.items())
        blocks += ["Working hours:", bullets(lines)]
    stalled, snooze = length(agreement.stalled_after), length(agreement.snooze_at_most)
    return [
        *blocks,
        f"A rep who waits for a lead says why, and for {snooze} at most; meanwhile their clocks stand still.",
        f"A lead is stalled after {stalled} without a touch, a change of stage or a meeting ahead.",
    ]


def _policy(policy: Policy) -> str:
    lines = [
        f"A rep accepts within {length(policy.accept_within)} and touches the lead within "
        f"{length(policy.touch_within)}.",
        f"{_CLOCK[policy.clock]}; for the next rep it {_REASSIGNED[policy.on_reassign]}.",
        *(
            f"At {percent(step.at)} of the time to accept or to touch it, {_step(step)}."
            for step in policy.ladder
        ),
    ]
    if policy.attempts is not None:
        tries = counted(policy.attempts.at_least, "time")
        lines.append(
            f"Before a lead counts as unreachable, the rep tries at least {tries} within "
            f"{length(policy.attempts.within)}."
        )
    if policy.next_step_within is not None:
        lines.append(f"After each contact the next step follows within {length(policy.next_step_within)}.")
    return "\n".join(f"   - {line}" for line in lines)


def _step(step: Step) -> str:
    if step.do != "escalate":
        return _STEP[step.do]
    return f"it goes to the team's {step.to}" if step.to in ("lead", "deputy") else f"it goes to {step.to}"


def _calendar(name: str, calendar: Calendar) -> str:
    hours = (f"{days} {listed(intervals)}" for days, intervals in calendar.hours.items())
    holidays = f"; holidays of {calendar.holidays} are free" if calendar.holidays is not None else ""
    return f"{name}: {'; '.join(hours)}, in {calendar.zone}{holidays}."
