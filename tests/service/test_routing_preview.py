"""Where a lead would go now, by when and why; and that asking changes nothing."""

from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from msgspec.structs import replace

from services.routing.handlers.preview import preview
from services.scoring.domain.simulated import simulated
from shared.agreement import load_text
from shared.contracts.history import Recorded
from shared.contracts.scoring import LeadNotQualified
from shared.contracts.values import Account, Activity, Company, Email, Person, Snapshot
from shared.terms import Consent
from shared.testing.leads import NOON, lead_id
from tests.service.routing_place import AGREEMENT, SNAPSHOT, RoutingPlace, at_acme, routing_at
from tests.service.test_routing_http import Api, api_of
from tests.service.test_routing_rerouting import everything

LARGE = {"name": "Northwind", "employees": 5000}
BODIES: tuple[dict[str, object], ...] = (
    {},
    {"company": LARGE},
    {"consent": "denied"},
    {"account": {"owner": at_acme("bob")}},
)


async def asked(api: Api, who: str = "manager", **body: Any) -> httpx.Response:
    return await api.post(who, "/v1/route/preview", **body)


async def test_a_preview_says_who_by_when_and_why(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "eve")
        async with api_of(place, tmp_path) as api:
            found = (await asked(api, company={"employees": 12}, score=70, grade="B")).json()
            large = (await asked(api, company=LARGE, score=70, email="ana@northwind.example")).json()
        assert (found["holder"], found["team"]) == (at_acme("bob"), "inside")
        assert [deadline["name"] for deadline in found["deadlines"]] == ["accept"]
        assert "bob@acme.example: has it" in found["receipt"]
        assert large["holder"] == at_acme("eve"), "the segment is the agreement's"


async def test_a_preview_changes_no_row_of_any_table(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        await place.offered("ana")
        before = await everything(place)
        async with api_of(place, tmp_path) as api:
            for body in (
                {},
                {"company": LARGE},
                {"consent": "denied"},
                {"account": {"owner": at_acme("bob")}},
            ):
                assert (await asked(api, **body)).status_code == 200
        assert await everything(place) == before


async def test_a_preview_comes_true(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        for lead in ("a", "b", "c", "d"):
            shown = await previewed(place)
            await place.offered(lead)
            settled = lead in ("b", "d")
            # Who is first among equals is a matter of dice, which are the lead's own.
            assert not settled or await place.holder(lead) == shown


async def previewed(place: RoutingPlace) -> str:
    state = await place.service.read(lambda tx: preview(tx, SNAPSHOT))
    assert state.custody.holder is not None
    return state.custody.holder.name.removesuffix("@acme.example")


async def test_what_is_no_lead_is_refused_with_the_field(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        async with api_of(place, tmp_path) as api:
            wrong = await asked(api, company={"employes": 5})
        assert wrong.status_code == 422
        assert "employes" in wrong.text


async def test_the_owner_of_the_account_is_asked_first(database_url: str) -> None:
    with routing_at(database_url) as place:
        await place.team("inside", "bob", "cy")
        owned = replace(SNAPSHOT, account=Account(owner=at_acme("cy")), company=Company())
        state = await place.service.read(lambda tx: preview(tx, owned))
        assert state.custody.holder is not None
        assert state.custody.holder.name == at_acme("cy")


def with_rules(*rules: str) -> str:
    first = "".join(f"    - {rule}\n" for rule in rules)
    return AGREEMENT.replace("  rules:\n", f"  rules:\n{first}", 1)


@pytest.mark.parametrize(
    ("when", "email"),
    [
        ("email.is_free: true", "ana@gmail.com"),
        ("email.is_disposable: true", "ana@mailinator.com"),
        ("company.domain: northwind.example", "ANA@mail.Northwind.example"),
        ("email.domain: northwind.example", "ana@Northwind.example"),
    ],
)
async def test_an_address_says_as_much_as_that_of_a_lead_that_comes_in(
    database_url: str, tmp_path: Path, when: str, email: str
) -> None:
    rules = with_rules(f"{{name: by address, when: {{{when}}}, to: {{team: enterprise}}}}")
    with routing_at(database_url, agreement=rules) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "eve")
        async with api_of(place, tmp_path) as api:
            found = (await asked(api, email=email)).json()
            other = (await asked(api, email="bo@fabrikam.example")).json()
    assert (found["holder"], other["holder"]) == (at_acme("eve"), at_acme("bob"))


async def test_what_is_no_address_is_refused(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url) as place:
        async with api_of(place, tmp_path) as api:
            wrong = await asked(api, email="ana@localhost")
    assert wrong.status_code == 422
    assert "email: is not an e-mail address" in wrong.text


async def test_an_activity_that_takes_a_fast_lane_has_its_policy(database_url: str, tmp_path: Path) -> None:
    when = "when: {fast_lane: true}, accept_within: 5m, touch_within: 1h, ladder: [{at: 75%, do: remind}]"
    lanes = AGREEMENT.replace("  policies:\n", f"  policies:\n    - {{name: hot, {when}}}\n")
    with routing_at(database_url, agreement=lanes) as place:
        await place.team("inside", "bob")
        async with api_of(place, tmp_path) as api:
            policies = [
                (await asked(api, activity=activity)).json()["deadlines"][0]["policy"]
                for activity in ("demo_requested", "form_submitted")
            ]
    assert policies == ["hot", "standard"]


ASIDES = AGREEMENT.replace(
    "definitions:\n",
    """  set_aside:
    - {name: competitor, when: {email.domain: rival.example}, hold: marketing}
    - name: customer
      when: {account.relation: customer}
      to: {person: account.manager, else: {team: enterprise}}
definitions:
""",
    1,
)


async def test_what_is_set_aside_goes_to_whom_it_belongs(database_url: str, tmp_path: Path) -> None:
    with routing_at(database_url, agreement=ASIDES) as place:
        await place.team("inside", "bob", "cy")
        await place.team("enterprise", "eve")
        async with api_of(place, tmp_path) as api:
            at_desk = (await asked(api, email="ana@rival.example", activity="demo_requested")).json()
            managed = (await asked(api, account={"relation": "customer", "manager": at_acme("cy")})).json()
            unmanaged = (await asked(api, account={"relation": "customer"})).json()
    assert (at_desk["holder"], at_desk["answers"]) == ("marketing", "maya@acme.example")
    assert (at_desk["stage"], at_desk["deadlines"]) == ("inquiry", [])
    assert at_desk["receipt"] == [
        "rule 'competitor' matched: the desk 'marketing' holds it: email.domain is rival.example"
    ]
    assert (managed["holder"], managed["stage"]) == (at_acme("cy"), "inquiry")
    assert unmanaged["holder"] == at_acme("eve")


CONSENT = "consent: {nurture_needs: not_denied, routing_needs: not_denied, denied: {hold: privacy}}"
CUSTOMER, ANYBODY = {"account": {"relation": "customer"}}, dict[str, Any]()
KINDS: tuple[tuple[str, Literal["prospect", "customer"]], ...] = (
    ("rival.example", "prospect"),
    ("northwind.example", "customer"),
    ("northwind.example", "prospect"),
)
DEMO = Activity(seq=1, type="demo_requested", at=NOON, source="website")


def needing(nurture: str, routing: str) -> str:
    """What is set aside, and a consent that is needed."""
    denied = "denied: {hold: privacy}, otherwise: {hold: marketing}"
    return ASIDES.replace(
        CONSENT, f"consent: {{nurture_needs: {nurture}, routing_needs: {routing}, {denied}}}"
    )


@pytest.mark.parametrize(
    ("needs", "lead", "consent", "holder", "stage", "because"),
    [
        (("not_denied", "not_denied"), ANYBODY, "denied", "privacy", "inquiry", "consent is denied"),
        (("not_denied", "granted"), CUSTOMER, "denied", "privacy", "inquiry", "consent is denied"),
        (("not_denied", "granted"), ANYBODY, "unknown", "new", "mql", "consent to be called is unknown"),
        (("granted", "granted"), ANYBODY, "unknown", "marketing", "mql", "consent to be called is unknown"),
        (
            *(("not_denied", "granted"), CUSTOMER, "unknown"),
            *("marketing", "inquiry", "consent to be called is unknown"),
        ),
    ],
)
async def test_who_may_not_be_called_is_shown_at_the_desk_or_track_that_has_them(
    database_url: str,
    tmp_path: Path,
    needs: tuple[str, str],
    lead: dict[str, Any],
    consent: str,
    holder: str,
    stage: str,
    because: str,
) -> None:
    with routing_at(database_url, agreement=needing(*needs)) as place:
        await place.team("inside", "bob")
        async with api_of(place, tmp_path) as api:
            found = (await asked(api, activity="demo_requested", consent=consent, **lead)).json()
    assert (found["holder"], found["standing"], found["stage"]) == (holder, "gone", stage)
    assert found["receipt"][-1] == because
    assert (found["team"], found["deadlines"]) == (None, [])


@pytest.mark.parametrize("routing", ["not_denied", "granted"])
@pytest.mark.parametrize("nurture", ["not_denied", "granted"])
async def test_a_preview_says_where_scoring_sends_what_it_does_not_offer(
    database_url: str, nurture: str, routing: str
) -> None:
    text = needing(nurture, routing)
    agreement = load_text(text)
    with routing_at(database_url, agreement=text) as place:
        await place.team("inside", "bob")
        await place.team("enterprise", "eve")
        for consent, (domain, relation) in product(Consent, KINDS):
            came = Recorded(
                lead=lead_id("ana"),
                captured_at=NOON,
                email=Email(address=f"ana@{domain}", domain=domain),
                account=Account(domain=domain, relation=relation, match="strong"),
                consent=consent,
                activities=(DEMO,),
            )
            said = simulated(came, lambda _: agreement)
            story = Snapshot(
                person=Person(), email=came.email, account=came.account, consent=consent, activities=(DEMO,)
            )
            shown = await place.service.read(partial(preview, story=story))
            if isinstance(said, LeadNotQualified):
                assert (shown.custody.holder, shown.custody.standing) == (said.to, "gone")
                assert shown.stage is said.snapshot.stage
            else:
                assert shown.custody.standing == "holding"
