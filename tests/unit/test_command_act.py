"""What `baton act` makes of its words, before it asks anybody."""

import pytest

from deploy.command.act import body_of
from deploy.command.failing import Failed
from tests.running import baton


def test_a_name_with_a_dot_is_a_part_of_the_one_before_it() -> None:
    written = ["reason=bad-timing", "answers.need=a new line = more", "answers.timeline=spring", "note="]
    assert body_of(written) == {
        "reason": "bad-timing",
        "answers": {"need": "a new line = more", "timeline": "spring"},
        "note": "",
    }


@pytest.mark.parametrize("wrong", ["reason", "=x"])
def test_a_word_without_a_value_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(Failed, match="write name=value, such as reason=bad-timing"):
        body_of([wrong])


def test_what_nobody_can_do_is_named_with_the_nearest_word() -> None:
    answer = baton("act", "some-lead", "disqualifi")
    assert answer.returncode == 2
    assert "did you mean 'disqualify'?" in answer.stderr
