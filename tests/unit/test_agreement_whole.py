"""The whole file of the design, section by section: what is written is what the services get."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from shared.agreement import Agreement, AtMost, Target, load_text

LISTS = {
    "lists/named_accounts.csv": "domain,owner,pod\nbank.example,eve@acme.example,emea\n",
    "lists/territories.csv": "country,region,territory\nUS,US-CA,west\nUS,US-NY,east\n",
}

WHOLE = """\
agreement: acme
version: 3
effective_from: 2026-11-01T00:00:00Z
parties:
  marketing: maya@acme.example
  sales: sam@acme.example
  arbiter: {person: coo@acme.example, rules_within: 48h}
intake: {owner: maya@acme.example, scored_within: 2m}
interests: {by: activity.product, else: general}
lists:
  named-accounts: lists/named_accounts.csv
  territories: lists/territories.csv
desks:
  privacy: {owner: privacy@acme.example}
  marketing: {owner: maya@acme.example}

consent:
  nurture_needs: granted
  routing_needs: not_denied
  denied: {hold: privacy}
  otherwise: {hold: marketing}

market:
  size: {accounts: 12000}
  segments:
    - {name: enterprise, when: {company.employees: {at_least: 1000}}}
    - {name: mid-market, when: {company.employees: {at_least: 100}}}
    - {name: small,      when: {company.employees: known}}
    - {name: unknown,    when: {company.employees: missing}}
  set_aside:
    - {name: competitor, when: {email.domain: {in: [rival.example]}}, hold: marketing}
    - name: customer
      when: {account.relation: customer}
      to: {person: account.manager, else: {team: account-managers}}
    - {name: partner's,  when: {source: partner-portal}, to: {team: partners}, counts_as: partner}
    - name: in a deal
      when: {account.open_opportunity: known}
      tell: opportunity.owner
      to: {person: opportunity.owner}

definitions:
  mql: {score_at_least: 60, grade_at_least: C, requires: [email, company.name, country]}
  fast_lane:
    - {name: asked for a demo, when: {activity.type: demo_requested}}
  sal: accepted by the assignee
  sql: {requires: [need, timeline]}

scoring:
  fit:
    points:
      - {name: decision maker,  when: {title: {has_word: [vp, chief, director, head]}}, points: 40}
      - {name: target industry, when: {company.industry: {in: [software, finance]}}, points: 25}
      - {name: size,            when: {company.employees: {at_least: 100}}, points: 20}
      - {name: free e-mail,     when: {email.is_free: true}, points: -20}
    grades: {A: 70, B: 45, C: 20}
  engagement:
    half_life: 14d
    points:
      - {name: demo request,  when: {activity.type: demo_requested}, points: 60}
      - name: pricing visit
        when: {activity.type: page_viewed, activity.url: {matches: "/pricing"}}
        points: 15
        at_most: 30 per 7d
      - {name: e-mail click,  when: {activity.type: email_clicked}, points: 5, at_most: 15 per 7d}
      - {name: bounced,       when: {activity.type: email_bounced}, points: -20}
    cap: 100
  score: {fit: 0.4, engagement: 0.6}
  cools_below: 45
  otherwise: {track: new}

routing:
  teams:
    - name: us-enterprise
      lead: carla@acme.example
      deputy: [carla@acme.example, dan@acme.example]
      turn: fair
      at_most: {open: 40, per_day: 15}
      nobody_available: queue
      queue_within: 30m
    - {name: inside, lead: ines@acme.example, deputy: ines@acme.example}
    - {name: account-managers, lead: pat@acme.example, deputy: pat@acme.example}
    - {name: partners, lead: pat@acme.example, deputy: pat@acme.example}
    - {name: amer, lead: pat@acme.example, deputy: pat@acme.example}
    - {name: emea, lead: pat@acme.example, deputy: pat@acme.example}
    - {name: apac, lead: pat@acme.example, deputy: [pat@acme.example], nobody_available: overflow:amer}
    - {name: account-executives, lead: pat@acme.example, deputy: pat@acme.example}
  reassign_at_most: 3
  pace: {when: {captured.via: import}, per_rep_per_day: 10}
  rules:
    - name: named account
      when: {account: {in_list: named-accounts}}
      to: {team: account.pod}
      tell: account.owner
    - {name: known owner,   when: {account.owner: known, account.match: strong}, to: {person: account.owner}}
    - {name: enterprise US, when: {segment: enterprise, country: US}, to: {team: us-enterprise}}
    - {name: in Spanish,    when: {language: es}, to: {team: inside, who: {speaks: es}, else: queue}}
    - {name: demo at night, when: {fast_lane: true}, to: {first_open: [amer, emea, apac], else: queue}}
    - {name: rest,          to: {team: inside}}
  reject: {not-per-definition: dispute, wrong-team: reroute, duplicate: merge, not-a-lead: close}
  hand_off: {at: sql, rules: [{to: {team: account-executives}}], accept_within: 24h, refused: back_to_sdr}

follow_up:
  calendars:
    us: {zone: America/New_York, hours: {mon-fri: ["09:00-12:00", "13:00-18:00"]}, holidays: US}
  policies:
    - name: hot
      when: {fast_lane: true}
      accept_within: 5m
      touch_within: 15m
      attempts: {at_least: 6, within: 10d}
      clock: working
      on_reassign: anew
      ladder:
        - {at: 50%,  do: remind}
        - {at: 100%, do: reassign}
        - {at: 300%, do: escalate, to: lead}
    - name: standard
      accept_within: 4h
      touch_within: 24h
      attempts: {at_least: 4, within: 15d}
      clock: working
      ladder: [{at: 75%, do: remind}, {at: 100%, do: reassign}]
  stalled_after: 10d

recycle:
  reasons:
    unreachable:     {track: keep-warm, not_before: 30d, needs: attempts}
    no-need:         {track: keep-warm, not_before: 180d}
    no-budget:       {track: next-year, not_before: 90d}
    no-authority:    {track: keep-warm, not_before: 30d, ask: who_decides}
    bad-timing:      {track: keep-warm, ask: revisit_on, returns: on_date, back_to: same_rep}
    chose-competitor: {track: win-back, not_before: 180d, ask: contract_ends}
    lost:            {track: win-back, not_before: 180d}
    stalled:         {track: keep-warm, not_before: 14d}
    cooled:          {track: keep-warm}
    bad-data:        {track: data-repair, returns: when_repaired, back_to: same_rep}
    not-per-definition: {track: keep-warm}
    no-fit:          {track: not-our-market, returns: never, needs: sub_reason}
    not-a-lead:      {ends: closed}
    do-not-contact:  {hold: privacy, returns: never}
  tracks:
    new:       {owner: maya@acme.example, deliver_to: mautic}
    keep-warm: {owner: maya@acme.example, deliver_to: mautic, acknowledge_within: 15m}
    next-year: {owner: maya@acme.example, deliver_to: mautic}
    win-back: {owner: maya@acme.example, deliver_to: mautic}
    data-repair: {owner: maya@acme.example, deliver_to: mautic}
    not-our-market: {owner: maya@acme.example, deliver_to: mautic}
  return_when: {any: [{fast_lane: true}, {new_activity: true, score_at_least: 60}]}
  rounds_at_most: 3
  after_last_round: {track: keep-warm}
  back_to: rules

playbooks:
  - segment: enterprise
    offer: "Pilot in 30 days"
    say: "…"
    send: [case-study-bank.pdf]
    approved_by: sam@acme.example
    until: 2027-03-31

targets:
  period: {from: 2026-10-01, to: 2026-12-31, currency: USD, sales_cycle: 45d}
  revenue: 1200000
  average_deal: 24000
  rates:
    opportunity_to_won: 0.22
    sql_to_opportunity: 0.6
    sal_to_sql: 0.5
    mql_to_sal: 0.7
    inquiry_to_mql: 0.15
  sources: {marketing: 0.6, sales_prospecting: 0.3, partners: 0.1}
duties:
  marketing: {volume: 95%, complete: 95%, answers_rejects_within: 2d}
  sales: {accepted_on_time: 90%, touched_on_time: 90%}
  missed: {weeks: 2, do: open_dispute}"""

VP = {
    "title": "VP Marketing",
    "company.industry": "Software",
    "company.employees": 2500,
    "country": "US",
    "email.is_free": False,
}


@pytest.fixture(scope="module")
def whole() -> Agreement:
    return load_text(WHOLE, "acme.yaml", LISTS)


def test_a_decision_can_name_the_version(whole: Agreement) -> None:
    assert whole.ref == "acme@3"
    assert whole.effective_from == datetime(2026, 11, 1, tzinfo=UTC)
    assert len(whole.fingerprint) == 64
    assert load_text(WHOLE + "# a comment\n", "acme.yaml", LISTS).fingerprint != whole.fingerprint
    assert set(whole.list_fingerprints) == {"named-accounts", "territories"}


def test_people_answer_for_intake_desks_and_disputes(whole: Agreement) -> None:
    assert (whole.intake.owner, whole.intake.scored_within) == ("maya@acme.example", timedelta(minutes=2))
    assert (whole.parties.sales, whole.parties.arbiter.person) == ("sam@acme.example", "coo@acme.example")
    assert whole.dispute_within == timedelta(hours=48)
    assert whole.desks["privacy"].owner == "privacy@acme.example"
    assert (whole.fallback_desk, whole.privacy_desk) == ("marketing", "privacy")
    assert whole.interests is not None
    assert (whole.interests.by, whole.interests.otherwise) == ("activity.product", "general")


@pytest.mark.parametrize(
    ("consent", "nurture", "route"),
    [("granted", True, True), ("unknown", False, True), ("denied", False, False)],
)
def test_consent_is_a_state(whole: Agreement, consent: str, nurture: bool, route: bool) -> None:
    assert (whole.may_nurture(consent), whole.may_route(consent)) == (nurture, route)


@pytest.mark.parametrize(
    ("employees", "segment"),
    [(1000, "enterprise"), (999, "mid-market"), (1, "small"), (None, "unknown"), ("many", "small")],
)
def test_the_first_segment_that_holds_is_the_leads(whole: Agreement, employees: object, segment: str) -> None:
    assert whole.segment_of({"company.employees": employees}) == segment


def test_fit_is_a_sum_with_reasons(whole: Agreement) -> None:
    rules = whole.fit_for(VP)
    assert [(rule.name, rule.points, rule.sentence(VP)) for rule in rules] == [
        ("decision maker", 40, "title has the word 'vp' — VP Marketing"),
        ("target industry", 25, "company.industry is Software"),
        ("size", 20, "company.employees is at least 100 — 2500"),
    ]
    assert whole.fit_for({}) == []


@pytest.mark.parametrize(
    ("points", "grade"), [(70, "A"), (69, "B"), (45, "B"), (44, "C"), (20, "C"), (19, "D"), (-5, "D")]
)
def test_a_grade_starts_at_its_points(whole: Agreement, points: int, grade: str) -> None:
    assert whole.grade_of(points) == grade


def test_engagement_rules_know_their_cap_and_their_reason(whole: Agreement) -> None:
    visit = {"activity.type": "page_viewed", "activity.url": "https://acme.example/Pricing?x=1"}
    [rule] = whole.engagement_for(visit)
    assert (rule.name, rule.points, rule.at_most) == ("pricing visit", 15, AtMost(30, timedelta(days=7)))
    assert rule.sentence(visit) == (
        "activity.type is page_viewed and activity.url matches '/pricing' — https://acme.example/Pricing?x=1"
    )
    assert (whole.half_life, whole.engagement_cap, whole.cools_below) == (timedelta(days=14), 100, 45)
    assert (whole.score_weights.fit, whole.score_weights.engagement) == (Fraction(2, 5), Fraction(3, 5))


def test_an_mql_is_a_score_a_grade_and_what_must_be_known(whole: Agreement) -> None:
    assert (whole.mql.score_at_least, whole.mql.grade_at_least) == (60, "C")
    assert whole.mql.requires == ("email", "company.name", "country")
    assert whole.fast_lane_for({"activity.type": "demo_requested"}) == "asked for a demo"
    assert whole.fast_lane_for({"activity.type": "page_viewed"}) is None
    assert whole.first_track == "new"


def test_what_is_set_aside_goes_where_it_says(whole: Agreement) -> None:
    rival = whole.set_aside_for({"email.domain": "Rival.example"})
    customer = whole.set_aside_for({"account.relation": "customer"})
    assert rival is not None
    assert customer is not None
    assert (rival.name, rival.hold, rival.to) == ("competitor", "marketing", None)
    assert customer.to == Target(
        "person", "account.manager", {}, Target("team", "account-managers", {}, None)
    )
    assert whole.set_aside_for(VP) is None
