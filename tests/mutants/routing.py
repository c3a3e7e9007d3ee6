"""Routing's guarantees: who gets a lead, whose turn it is, whose time counts."""

from typing import Final

from tests.mutants.mutant import Mutant

ROUTING: Final = (
    Mutant(
        "a refusal is respected while a rep has the lead",
        "services/routing/domain/steps/part.py",
        "denied=lead.consent is Consent.DENIED",
        "denied=False",
    ),
    Mutant(
        "who leaves hands over what they hold",
        "services/routing/domain/steps/leave.py",
        '    return hand_on(lead, covered(person, lead, scene), "left", scene, by=person)',
        "    return nothing(lead)",
    ),
    Mutant(
        "who is absent gets nothing",
        "services/routing/domain/choosing/obstacles.py",
        "    if away := there.why_not:\n",
        '    if away := "":\n',
    ),
    Mutant(
        "who is paused gets nothing",
        "services/routing/domain/choosing/obstacles.py",
        "    if paused := scene.bench.ask(person).paused:\n",
        '    if paused := "":\n',
    ),
    Mutant(
        "a turn counts what its lead counts for",
        "services/routing/domain/people/bench.py",
        "moved=-float(worth), worth=worth",
        "moved=-float(worth), worth=1",
    ),
    Mutant(
        "what is given back is what was taken",
        "services/routing/domain/choosing/ledger.py",
        "lead, reason, scene, turn.worth)",
        "lead, reason, scene, 1)",
    ),
    Mutant(
        "a decision is kept with what each was owed",
        "services/routing/domain/choosing/kept.py",
        "owed={name: turns.owed.written() for",
        "owed={name: {} for",
    ),
    Mutant(
        "a decision is made again with the roster of then",
        "services/routing/handlers/decisions.py",
        "_roster(versions_of(tx.conn, kept.roster))",
        "_roster(roster_at(tx.conn, tx.now))",
    ),
    Mutant(
        "a decision about what is set aside is kept with whom its rule names",
        "services/routing/domain/facts.py",
        "    targets += [aside.to for aside in asides if aside.to is not None]\n",
        "",
        "tests/service/test_routing_aside.py::"
        "test_a_decision_by_such_a_rule_is_made_again_to_the_letter[sqlite]",
    ),
    Mutant(
        "a decision is noted before the lead is given",
        "services/routing/domain/choosing/assign.py",
        "    made = noted(lead, place, why, scene, dispute)\n    given(lead, place, scene)\n",
        "    given(lead, place, scene)\n    made = noted(lead, place, why, scene, dispute)\n",
    ),
    Mutant(
        "each lead that somebody is given is a line of the debt ledger",
        "services/routing/domain/people/bench.py",
        "        self.entries.append(entry)\n",
        "",
    ),
    Mutant(
        "nobody is given more in a day than is agreed",
        "services/routing/domain/choosing/obstacles.py",
        "        if had >= team.at_most_per_day:\n",
        "        if False:\n",
        "tests/service/test_routing_who_can.py",
    ),
    Mutant(
        "what comes in a heap waits for its release",
        "services/routing/domain/choosing/obstacles.py",
        "    if begins > scene.now:\n",
        "    if False:\n",
        "tests/service/test_routing_pace.py",
    ),
    Mutant(
        "a turn that did not count is taken back from those who could have had it",
        "services/routing/domain/turns/turn.py",
        "        for giver, weight in weights.items():\n",
        "        for giver, weight in ():\n",
        "tests/unit/test_routing_fairness.py",
    ),
    Mutant(
        "what somebody holds passes to their cover when their absence begins",
        "services/routing/domain/steps/leave.py",
        '    return hand_on(lead, covered(person, lead, scene), "covered", scene, by=person)',
        "    return nothing(lead)",
        "tests/service/test_routing_absences.py::"
        "test_when_an_absence_begins_the_cover_has_what_they_hold_and_a_clock_of_their_own[sqlite]",
    ),
    Mutant(
        "deadlines are computed anew when the roster changes",
        "services/routing/handlers/roster.py",
        "    roster_changed(tx, before, different)\n",
        "",
        "tests/service/test_routing_working_clocks.py::"
        "test_an_absence_in_the_middle_moves_the_deadline_and_what_was_used_counts[sqlite]",
    ),
    Mutant(
        "a clock counts the time that was agreed",
        "services/routing/domain/clocks/hours.py",
        '        return add_working_time(start, duration, hours), ""\n',
        '        return start + duration, ""\n',
    ),
    Mutant(
        "a receipt knows whose hours its clock counts",
        "services/routing/domain/clocks/of_lead.py",
        "    ask_whose(clock, scene.bench)",
        "    # ask_whose(clock, scene.bench)",
        "tests/service/test_routing_replay.py::"
        "test_of_two_that_go_at_once_with_the_same_clock_each_knows_whose_hours_it_counts",
    ),
    Mutant(
        "every change of the roster is kept",
        "services/routing/store/roster.py",
        "    _remember(conn, changed, by, now)\n",
        "",
    ),
    Mutant(
        "a lead with a meeting ahead is not stalled",
        "services/routing/domain/clocks/of_lead.py",
        "    return max(quiet_from, begins) + scene.agreement.stalled_after\n",
        "    return quiet_from + scene.agreement.stalled_after\n",
        "tests/service/test_routing_meetings.py",
    ),
    Mutant(
        "once a meeting has begun, somebody is asked what became of it",
        "services/routing/domain/steps/meeting.py",
        "    asked = with_next_step_clock(begun, replace(scene, now=lead.meeting.starts_at))\n",
        "    asked = begun\n",
        "tests/service/test_routing_meetings.py",
    ),
    Mutant(
        "a hand-off goes to the team of the first rule that holds",
        "services/routing/domain/choosing/choose.py",
        "        holds, sentence = rule.condition.holds(facts), rule.sentence(facts)\n        teams =",
        "        holds, sentence = True, rule.sentence(facts)\n        teams =",
        "tests/service/test_routing_hand_off.py",
    ),
    Mutant(
        "a dispute is told when it begins",
        "services/recycle/domain/policy.py",
        "    followed = follow(remembered, heard, scene.agreement)\n",
        "    followed = nothing(remembered)\n",
    ),
    Mutant(
        "by value nobody is off their share by the largest lead",
        "services/routing/domain/turns/turn.py",
        "    ripe = leads * (most + steps * (counts - most))\n",
        "    ripe = leads\n",
        "tests/unit/test_routing_turn.py",
    ),
    Mutant(
        "who has no room before the deadline can not meet it",
        "services/routing/domain/choosing/feasible.py",
        "    return why.until\n",
        "    return scene.now\n",
        "tests/service/test_routing_feasible.py",
    ),
    Mutant(
        "nobody is said to be late for what ran out while they were off shift",
        "services/routing/domain/steps/fire.py",
        "        why_not = WAS_OFF_SHIFT\n",
        "        pass\n",
        "tests/service/test_routing_off_shift.py",
    ),
    Mutant(
        "nobody is said to be late for what ran out while Baton was down",
        "services/routing/domain/steps/fire.py",
        "        why_not = WHILE_DOWN\n",
        "        pass\n",
        "tests/service/test_routing_clocks.py",
    ),
    Mutant(
        "off shift is not away",
        "services/routing/domain/choosing/obstacles.py",
        'Obstacle(off, "off shift", ',
        'Obstacle(off, "away", ',
        "tests/service/test_routing_shares.py",
    ),
    Mutant(
        "what overflows in time goes to who can be in time",
        "services/routing/domain/choosing/members.py",
        "in_time(into, lead, scene, asked)",
        "obstacles(scene.agreement.teams[into], lead, scene, asked)",
        "tests/service/test_routing_feasible.py",
    ),
    Mutant(
        "a day of attempts is a day of work",
        "services/routing/domain/clocks/ladder.py",
        "days_of_work(policy.attempts.within, _theirs(policy, lead, scene))",
        "policy.attempts.within",
        "tests/service/test_routing_working_clocks.py",
    ),
    Mutant(
        "a calendar that is read from a file is not read from its address any more",
        "services/routing/handlers/calendars.py",
        "    calendars.drop_source(tx.conn, person)\n    tx.carry_out",
        "    tx.carry_out",
        "tests/service/test_routing_calendars.py",
    ),
)
