"""The settings of sources: what is left out has a sensible meaning, what is wrong is named, all at once."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.sources import CANONICAL, ConsentWords, Kind, SourcesInvalid, sources_from
from shared.terms import Consent

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBSITE: dict[str, Any] = {"kind": "standard", "secrets": [SECRET]}


def problems(settings: object, name: str = "website") -> tuple[str, ...]:
    with pytest.raises(SourcesInvalid) as refused:
        sources_from({"sources": {name: settings}})
    return refused.value.problems


def test_a_source_needs_only_a_kind_and_a_secret() -> None:
    website = sources_from({"sources": {"website": WEBSITE}})["website"]
    assert (website.kind, website.secrets) == (Kind.STANDARD, (SECRET,))
    assert (website.fields, website.activity, website.how) == (CANONICAL, "form_submitted", "form")
    assert website.campaign is None


def test_everything_a_source_may_say_is_read() -> None:
    settings = {
        "kind": "typeform",
        "secrets": ["a-secret-of-enough-letters"],
        "fields": {
            "name": "full_name",
            "company.employees": "company_size",
            "campaign": "hidden.utm_campaign",
        },
        "activity": "demo_requested",
        "activity_types": {"Demo": "demo_requested"},
        "campaign": "q1-demo",
        "consent": {"granted": [True, "Yes please"], "denied": [False]},
        "how": "api",
    }
    forms = sources_from({"sources": {"forms": settings}})["forms"]
    assert forms.kind is Kind.TYPEFORM
    assert forms.fields["company.employees"] == "company_size"
    assert forms.activity_types == {"Demo": "demo_requested"}
    assert (forms.activity, forms.campaign, forms.how) == ("demo_requested", "q1-demo", "api")
    assert forms.consent.meaning("true") is forms.consent.meaning("YES PLEASE") is Consent.GRANTED
    assert forms.consent.meaning("false") is Consent.DENIED


def test_a_source_does_not_show_its_secrets() -> None:
    assert "MfKQ9r8GKY" not in repr(sources_from({"sources": {"website": WEBSITE}}))


def test_an_unticked_box_is_no_refusal() -> None:
    words = ConsentWords()
    assert [words.meaning(w) for w in ("true", "false", "", "Unsubscribed")] == [
        Consent.GRANTED,
        Consent.UNKNOWN,
        Consent.UNKNOWN,
        Consent.DENIED,
    ]


def test_a_word_that_a_source_gives_another_meaning_loses_the_usual_one() -> None:
    given_words = {"kind": "standard", "secrets": [SECRET], "consent": {"denied": ["yes"]}}
    consent = sources_from({"sources": {"website": given_words}})["website"].consent
    assert consent.meaning("yes") is Consent.DENIED
    assert consent.meaning("true") is Consent.GRANTED
    given_words = {"kind": "standard", "secrets": [SECRET], "consent": {"granted": ["denied"]}}
    consent = sources_from({"sources": {"website": given_words}})["website"].consent
    assert consent.meaning("denied") is Consent.GRANTED


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"kind": "standart"},
            "sources.website.kind: expected one of its words, found 'standart'; did you mean 'standard'?",
        ),
        (
            {"kind": None},
            "sources.website.kind: expected one of its words, found nothing; known: standard, typeform",
        ),
        ({"feilds": {}}, "sources.website: expected a setting, found 'feilds'; did you mean 'fields'?"),
        (
            {"fields": {"emial": "data.email"}},
            "sources.website.fields: expected a field, found 'emial'; did you mean 'email'?",
        ),
        (
            {"fields": {"email": "data..email"}},
            "sources.website.fields.email: 'data..email' has an empty step: write it as data.email",
        ),
        (
            {"fields": {"email": 7}},
            "sources.website.fields.email: a text of 1 to 200 characters is expected here",
        ),
        ({"fields": []}, "sources.website.fields: a mapping of names to values is expected here"),
        (
            {"how": "forms"},
            "sources.website.how: expected one of its words, found 'forms'; did you mean 'form'?",
        ),
        ({"secrets": []}, "sources.website.secrets: list 1 to 4 secrets; two while you change one"),
        ({"secrets": SECRET}, "sources.website.secrets: list 1 to 4 secrets; two while you change one"),
        (
            {"secrets": ["whsec_?"]},
            "sources.website.secrets[0]: the secret is not base64 after 'whsec_': copy it again, whole",
        ),
        (
            {"secrets": [SECRET, "whsec_c2hvcnQ="]},
            "sources.website.secrets[1]: the secret holds 5 bytes: use at least 24 random bytes",
        ),
        ({"secrets": [17]}, "sources.website.secrets[0]: the secret is not a text: put it in quotes"),
        (
            {"consent": {"granted": ["x"], "denied": ["x"]}},
            "sources.website.consent: 'x' means both yes and no: keep one",
        ),
        (
            {"consent": {"granted": [{}]}},
            "sources.website.consent.granted: give a list of plain values, such as [yes, true]",
        ),
        (
            {"consent": {"grant": []}},
            "sources.website.consent: expected a setting, found 'grant'; did you mean 'granted'?",
        ),
        ({"campaign": " "}, "sources.website.campaign: a text of 1 to 200 characters is expected here"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(change: dict[str, Any], expected: str) -> None:
    assert problems(WEBSITE | change) == (expected,)


def test_a_short_typeform_secret_is_refused() -> None:
    assert problems({"kind": "typeform", "secrets": ["short"]}) == (
        "sources.website.secrets[0]: the secret is too short: use at least 16 characters",
    )


def test_a_name_that_cannot_stand_in_an_address_is_refused() -> None:
    assert "use a-z, 0-9" in problems(WEBSITE, "My Website")[0]


def test_every_problem_is_told_at_once() -> None:
    assert len(problems({"kind": "x", "secrets": [], "fields": {"nme": "a"}, "colour": "red"})) == 4


@pytest.mark.parametrize(
    "document", [None, [], "sources", {"sources": []}, {"source": {}}, {"sources": {"a": None}}]
)
def test_a_file_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(SourcesInvalid):
        sources_from(document)


texts = st.text("a.é ", max_size=4)
plain = st.none() | st.booleans() | st.integers() | texts
documents = plain | st.lists(plain, max_size=3) | st.dictionaries(texts, plain, max_size=3)
keys = st.sampled_from(
    ["kind", "secrets", "fields", "activity", "activity_types", "campaign", "consent", "how"]
)


@given(st.dictionaries(keys, documents, max_size=8))
def test_settings_of_any_shape_are_read_or_refused(settings: dict[str, object]) -> None:
    with suppress(SourcesInvalid):
        assert sources_from({"sources": {"website": settings}})["website"].kind in Kind
