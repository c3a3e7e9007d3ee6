"""By what a person is known again: spellings that meet, and those that must not."""

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.domain.countries import country_code
from services.ingest.domain.identity import Identity, email_of, identities
from services.ingest.domain.mapping import submission_from
from services.ingest.domain.sources import Kind, Source
from services.ingest.domain.submission import CannotUnderstand, Submission
from shared.contracts.values import Email
from shared.mailboxes import company_domain, registrable
from tests.unit.test_ingest_signatures import NOW

CRM = Source("crm", Kind.STANDARD)


def submission(**row: str) -> Submission:
    return submission_from(CRM, row, NOW)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Ana.Silva@Northwind.EXAMPLE", "ana.silva@northwind.example"),
        ("  ana@northwind.example ", "ana@northwind.example"),
        ("ana+demo@northwind.example", "ana+demo@northwind.example"),
        ("ana@lab.test", "ana@lab.test"),
        ("jürgen@MÜNCHEN.de", "jürgen@xn--mnchen-3ya.de"),
        ("JU\u0308RGEN@xn--mnchen-3ya.de", "jürgen@xn--mnchen-3ya.de"),
    ],
)
def test_an_address_has_one_spelling(written: str, address: str) -> None:
    assert email_of(written).address == address


@pytest.mark.parametrize(
    "written", ["ana", "ana@", "@x.com", "ana@x", "a b@x.com", "a@b..com", "a@localhost", ""]
)
def test_what_is_no_address_is_refused_without_being_quoted(written: str) -> None:
    with pytest.raises(CannotUnderstand) as refused:
        email_of(written)
    assert str(refused.value) == "email: is not an e-mail address: write it as name@company.com"


@pytest.mark.parametrize(
    ("address", "free", "disposable"),
    [
        ("a@gmail.com", True, False),
        ("a@hey.com", True, False),
        ("a@mailinator.com", False, True),
        ("a@inbox.mailinator.com", False, True),
        ("a@northwind.example", False, False),
    ],
)
def test_free_and_disposable_mailboxes_are_told_apart(address: str, free: bool, disposable: bool) -> None:
    email = email_of(address)
    assert (email.free, email.disposable) == (free, disposable)


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("https://www.acme.co.uk/about?x=1#y", "acme.co.uk"),
        ("ACME.com.", "acme.com"),
        ("acme.com:8080", "acme.com"),
        ("http://user@shop.acme.com", "acme.com"),
        ("//acme.com/x", "acme.com"),
        ("shop.münchen.de", "xn--mnchen-3ya.de"),
        ("www.northwind.example", "northwind.example"),
        ("co.uk", None),
        ("acme", None),
        ("192.0.2.7", None),
        ("not a site", None),
        ("..", None),
        ("", None),
    ],
)
def test_a_web_address_holds_a_companys_domain_or_none(written: str, domain: str | None) -> None:
    assert registrable(written) == domain


def test_a_companys_domain_comes_from_its_site_and_else_from_a_work_address() -> None:
    work = Email(address="a@mail.acme.com", domain="mail.acme.com")
    assert company_domain("www.rival.com", work) == "rival.com"
    assert company_domain("no site", work) == company_domain(None, work) == "acme.com"
    assert company_domain(None, email_of("a@gmail.com")) is None
    assert company_domain(None, email_of("a@mailinator.com")) is None
    assert company_domain(None, None) is None


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("pt", "PT"),
        ("PRT", "PT"),
        ("Portugal", "PT"),
        ("The Netherlands", "NL"),
        ("U.S.A.", "US"),
        ("UK", "GB"),
        ("España", "ES"),
        ("Côte d'Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_a_country_is_known_by_its_usual_names(written: str, code: str | None) -> None:
    assert country_code(written) == code


def test_all_identities_of_a_submission_are_found_and_sorted() -> None:
    everything = submission(own_id="4821", phone="+351 21 000 0000", email="Ana@Northwind.example")
    assert identities(everything) == (
        Identity("email", "ana@northwind.example"),
        Identity("own_id", "crm:4821"),
        Identity("phone", "+351210000000"),
    )


def test_the_same_own_id_at_another_source_is_somebody_else() -> None:
    other = submission_from(Source("shop", Kind.STANDARD), {"own_id": "4821"}, NOW)
    assert identities(other) != identities(submission(own_id="4821"))


def test_an_interest_makes_another_lead_of_the_same_person() -> None:
    ana = submission(email="ana@northwind.example")
    assert identities(ana, "Cards") == (Identity("email", "ana@northwind.example", "cards"),)
    assert identities(ana, "loans") != identities(ana, "cards") == identities(ana, "CARDS")


def test_no_interest_can_pass_for_another_identity() -> None:
    tricky = submission(own_id="7#cards")
    assert identities(tricky, "loans") != identities(submission(own_id="7"), "cards#loans")


def test_an_interest_that_grows_in_lower_case_still_fits() -> None:
    [found] = identities(submission(email="ana@northwind.example"), "ŉ" * 200)
    assert len(found.interest) == 200


@given(
    st.from_regex(r"[A-Za-z0-9_+-]{1,66}(\.[A-Za-z0-9_+-]{1,9}){0,2}|[ -~]{0,9}", fullmatch=True),
    st.sampled_from(["northwind.example", "MÜNCHEN.de", "a..b", "localhost", "x.co.uk", "[1.2.3.4]", ""]),
)
@example("a" * 300, "northwind.example")
def test_a_name_taken_for_plain_is_what_the_library_makes_of_the_whole(name: str, host: str) -> None:
    written = f"{name}@{host}"
    try:
        found = validate_email(written.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        with pytest.raises(CannotUnderstand):
            email_of(written)
    else:
        assert email_of(written).address == f"{found.local_part.lower()}@{found.ascii_domain.lower()}"


LABEL = st.from_regex(r"[a-z0-9A-Z_-]{1,4}|xn--[a-z0-9]{1,5}|é?a{62,65}|ⅷ|", fullmatch=True)
END = st.sampled_from([*SPECIAL_USE_DOMAIN_NAMES, "com", "EXAMPLE", "c0m", "co.uk", "x1", "1x", "a-b", "İ"])


@given(st.lists(LABEL, max_size=4), END | LABEL)
@example(["a" * 60] * 4, "com")
@example(["ab--c"], "com")
def test_a_host_taken_for_plain_is_what_the_library_makes_of_it(labels: list[str], end: str) -> None:
    host = ".".join([*labels, end])
    try:
        found = validate_email(f"a@{host}".strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        with pytest.raises(CannotUnderstand):
            email_of(f"a@{host}")
    else:
        assert email_of(f"a@{host}").domain == found.ascii_domain.lower()
