"""Where the roster says that people are told."""

import pytest

from services.routing.domain.telling.addresses import Address, addresses, strange_in
from services.routing.gateway.post import together
from shared.runtime.service import Answer


def test_somebody_may_have_several() -> None:
    written = (
        "slack:U12345 mailto:bob@acme.example teams:https://acme.webhook.office.example/x https://bob.example"
    )
    assert [address.medium for address in addresses(written)] == ["slack", "mail", "teams", "webhook"]
    assert addresses(written)[1] == Address("mail", "bob@acme.example")
    assert list(strange_in(written)) == []


def test_an_attempt_over_several_counts_if_anything_was_sent() -> None:
    left_alone = Answer(False, "it fails again and again", retry_after_s=30.0, tried=False)
    failed = Answer(False, "503", retry_after_s=60.0)
    assert not together([left_alone, left_alone]).tried
    both = together([left_alone, failed])
    assert (both.tried, both.retry_after_s) == (True, 30.0)


@pytest.mark.parametrize(
    "strange",
    [
        "slack:",
        "slack:bob",
        "slack:#sales",
        "slack:https://hooks.slack.example",
        "teams:bob",
        "mailto:bob",
        "mailto:bob@acme",
        "mailto:bob@acme.example,eve@evil.example",
        "mailto:bob@acme.example?bcc=eve@evil.example",
        "mailto:<bob@acme.example>",
        "bob@acme.example",
        "ftp://bob.example",
        "javascript:alert(1)",
        "https://",
    ],
)
def test_what_is_no_address_is_found(strange: str) -> None:
    assert list(strange_in(f"https://bob.example {strange}")) == [strange]
    assert [address.medium for address in addresses(strange)] == []
