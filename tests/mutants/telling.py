"""What holds when people are told: each guarantee with the line that gives it, and a test that sees to it."""

from typing import Final

from tests.mutants.mutant import Mutant

TELLING: Final = (
    Mutant(
        "opening an action link does nothing",
        "services/routing/api/links.py",
        "        choices = await service.read(lambda tx: links.look(tx, link))\n",
        "        await service.tx(lambda tx: links.use(tx, link, {}, None))\n        choices = ()\n",
        "tests/service/test_telling_links.py::test_opening_a_link_does_nothing_and_its_button_does_it",
    ),
    Mutant(
        "an action link works once",
        "services/routing/handlers/links.py",
        "    if not claim(tx, [_claimed(link)]):",
        "    if claim(tx, []):",
        "tests/service/test_telling_links.py::test_a_link_works_once",
    ),
    Mutant(
        "an action link expires",
        "services/routing/api/links.py",
        "    return pages.over() if link.over(service.clock.now()) else link",
        "    return link",
        "tests/service/test_telling_links.py::test_a_link_that_is_too_old_says_so",
    ),
    Mutant(
        "an action link is signed",
        "services/routing/domain/telling/links.py",
        "    if not any(hmac.compare_digest(signature, written) for signature in signatures):\n"
        "        raise BadLink\n",
        "",
        "tests/unit/test_telling_links.py",
    ),
    Mutant(
        "an action link is void once the lead moved",
        "services/routing/domain/telling/links.py",
        "    if lead.custody.number != link.number:\n        return None\n",
        "",
        "tests/unit/test_telling_links.py",
    ),
    Mutant(
        "an action link is for one person",
        "services/routing/domain/telling/links.py",
        " if whom(link.lead, person) == link.whom",
        "",
        "tests/service/test_telling_links.py::test_a_link_is_for_one_person_and_no_other",
    ),
    Mutant(
        "strangers write no links into Slack",
        "services/routing/domain/telling/slack.py",
        '    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")',
        "    return text",
        "tests/unit/test_telling_letters.py",
    ),
    Mutant(
        "strangers write no HTML into e-mails",
        "services/routing/domain/telling/mail.py",
        "<p>{escape(line.text)}{_link(line)}</p>",
        "<p>{line.text}{_link(line)}</p>",
        "tests/unit/test_telling_letters.py",
    ),
    Mutant(
        "strangers write no header into e-mails",
        "services/routing/domain/telling/letter.py",
        '    plain = "".join(one if one.isprintable() else " " for one in text)\n'
        '    plain = " ".join(plain.split())\n',
        "    plain = text\n",
        "tests/unit/test_telling_letters.py",
    ),
    Mutant(
        "a Retry-After is kept to",
        "shared/runtime/outgoing.py",
        '    wait_s = _wait_s(response.headers.get("retry-after", ""), now) if again else None',
        "    wait_s = None",
        "tests/service/test_telling_channels.py::test_slack_is_left_alone_for_as_long_as_it_asks",
    ),
    Mutant(
        "a no of Slack in a 200 is a no",
        "services/routing/gateway/chat.py",
        "        return _what_slack_means(answer) if answer.delivered else answer",
        "        return answer",
        "tests/service/test_telling_channels.py::test_slack_says_no_in_a_200_and_is_asked_again",
    ),
    Mutant(
        "a no of Teams in a 200 is a no",
        "services/routing/gateway/chat.py",
        "        wrong = teams.went_wrong(answer.text) if answer.delivered else None",
        "        wrong = None",
        "tests/service/test_telling_channels.py::test_teams_says_no_in_a_200_and_is_asked_again",
    ),
    Mutant(
        "who could not be told has a clock that stands still",
        "services/routing/domain/model.py",
        "        return () if self.untold_since is None else self.names_of_theirs",
        "        return ()",
        "tests/service/test_telling_outage.py::"
        "test_a_slack_outage_of_two_hours_blames_no_rep_and_each_is_told_once",
    ),
    Mutant(
        "a clock that stood still goes on with the time it had",
        "services/routing/domain/clocks/waiting.py",
        "    used = used_up(clock, begin, of)",
        "    used = used_up(clock, scene.now, of)",
        "tests/service/test_telling_outage.py::"
        "test_the_clock_stands_still_from_the_assignment_on_and_goes_on_when_it_was_told",
    ),
    Mutant(
        "Baton goes on telling who could not be told",
        "services/routing/domain/clocks/untold.py",
        "    effects = tell(person, action, lead, scene, again=True) i"
        "f lead.untold_since is not None else ()\n",
        "    effects = ()\n",
        "tests/service/test_telling_outage.py::test_the_deputy_is_told_once_and_baton_goes_on_trying",
    ),
    Mutant(
        "what is held back for a digest is kept with the box",
        "services/routing/domain/digest.py",
        "held=(*self.held, *items[room:])",
        "held=tuple(items[room:])",
        "tests/service/test_telling_digest.py::"
        "test_what_is_more_than_that_comes_together_when_the_minute_is_over",
    ),
    Mutant(
        "what is held back for a digest is not sent alone too",
        "services/routing/handlers/telling.py",
        "        dropped |= {id(row) for row in (*empty, *held)}\n",
        "        dropped |= {id(row) for row in empty}\n",
        "tests/service/test_telling_digest.py::test_of_a_batch_the_first_come_at_once_and_the_rest_as_one_message",
    ),
    Mutant(
        "the CRM hears of a lead in order",
        "services/routing/gateway/crm.py",
        "        if wait is not None:",
        "        if False:",
        "tests/service/test_telling_crm.py::"
        "test_an_event_waits_behind_an_earlier_one_of_its_lead_and_of_no_other",
    ),
    Mutant(
        "of who was erased the CRM hears nothing more",
        "services/routing/handlers/following.py",
        '        if state.custody.ending == "erased":\n            continue\n',
        "",
        "tests/service/test_telling_crm.py::test_of_who_was_erased_nothing_is_handed_over",
    ),
)
