"""Tells people in Slack and in Microsoft Teams; both say in a 200 that they did not do it."""

import re
from dataclasses import dataclass, replace
from typing import Final

from services.routing.domain.telling import slack, teams
from services.routing.domain.telling.letter import Letter
from services.routing.gateway.post import post_json
from shared.runtime.outgoing import Post
from shared.runtime.service import Answer, DueErrand

_A_WORD: Final = re.compile("[a-z_]+")
NO_TOKEN: Final = "there is no token for Slack: set BATON_ROUTING_SLACK_TOKEN, or write slack:https://…"


@dataclass(frozen=True, slots=True)
class Chat:
    """Posts to Slack, by a webhook or with the token of a bot, and to a webhook or workflow of Teams."""

    outgoing: Post
    slack_api: str
    slack_token: str | None = None

    async def slack(self, to: str, letter: Letter, errand: DueErrand) -> Answer:
        """`to` is a webhook's URL, or the id of a member or channel."""
        if to.startswith("http"):
            answer = await post_json(self.outgoing, to, slack.blocks(letter), errand)
            return _what_its_webhook_means(answer) if answer.delivered else answer
        if self.slack_token is None:
            return Answer(False, NO_TOKEN)
        url, message = f"{self.slack_api}/chat.postMessage", {"channel": to, **slack.blocks(letter)}
        answer = await post_json(self.outgoing, url, message, errand, bearer=self.slack_token)
        return _what_slack_means(answer) if answer.delivered else answer

    async def teams(self, to: str, letter: Letter, errand: DueErrand) -> Answer:
        """`to` is the URL of a workflow or of an incoming webhook."""
        answer = await post_json(self.outgoing, to, teams.card(letter), errand)
        wrong = teams.went_wrong(answer.text) if answer.delivered else None
        return answer if wrong is None else replace(answer, delivered=False, detail=f"Teams: {wrong}")


def _what_its_webhook_means(answer: Answer) -> Answer:
    """It says `ok`, or else one word for what is wrong; what speaks its language may say nothing, or JSON."""
    said, body = answer.text.strip(), answer.body
    if said in ("", "ok") or (body and body.get("ok", True) is True and "error" not in body):
        return answer
    return _what_slack_means(replace(answer, body={"error": said}) if _A_WORD.fullmatch(said) else answer)


def _what_slack_means(answer: Answer) -> Answer:
    if answer.body.get("ok") is True:
        return answer
    error = str(answer.body.get("error", "no answer that can be read"))[:200]
    final = error not in slack.PASSING | slack.TO_MEND and "error" in answer.body
    return replace(answer, delivered=False, detail=f"Slack: {error}", final=final)
