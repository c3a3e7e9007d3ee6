"""What is found out for one holds for all that look the same, and only so much of it is kept."""

from shared.agreement import Facts
from shared.agreement.alike import Alike, by_words


class Counting:
    """Answers with the country, and counts how often it was asked."""

    def __init__(self, at_most: int) -> None:
        self.asked = 0
        self.answers = Alike(by_words(["country"]), self.find, at_most)

    def find(self, facts: Facts) -> object:
        self.asked += 1
        return facts.get("country")


def test_who_is_alike_in_what_is_asked_gets_one_answer() -> None:
    counting = Counting(at_most=9)
    given = [counting.answers.of({"country": "PT", "title": title}) for title in ("ceo", "cto")]
    assert (given, counting.asked) == (["PT", "PT"], 1)
    assert counting.answers.of({"title": "ceo"}) is None
    assert counting.answers.of({"country": "ES"}) == "ES"
    assert counting.asked == 3


def test_only_so_much_is_kept() -> None:
    counting = Counting(at_most=10)
    for country in [*range(10), 0, 10]:
        counting.answers.of({"country": country})
    assert counting.asked == 11
    counting.answers.of({"country": 1})
    assert counting.asked == 12, "the eleventh made all be forgotten"
