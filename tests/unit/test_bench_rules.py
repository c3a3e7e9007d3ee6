"""Rules written by hand in Python are what the function that is made of an agreement's rules must do."""

from bench.rules import agreement, by_hand, leads


def test_the_generated_function_answers_as_one_that_is_written_by_hand() -> None:
    generated = agreement().sections.fit.each
    drawn = leads(2_000)
    assert [generated(lead) for lead in drawn] == [by_hand(lead) for lead in drawn]
    met = {place for lead in drawn for place in by_hand(lead)}
    assert len(met) >= 28, "rules that no lead meets show nothing"
