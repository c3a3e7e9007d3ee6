"""What the words mean that marketing, sales and the code share; `docs/glossary.md` is made from here."""

from typing import Final

GLOSSARY: Final[tuple[tuple[str, str], ...]] = (
    (
        "lead",
        "One person's interest, however many forms they fill in; known by e-mail, phone or a source's id.",
    ),
    ("account", "The company behind a lead, found by e-mail domain or name."),
    (
        "activity",
        "Something the lead did (form, visit, e-mail click, demo request) at an instant, through a source.",
    ),
    (
        "source",
        "Where leads come in: a form, a tool, a file. It has a name, and a key or a secret of its own.",
    ),
    ("interest", "What a person asks for, such as a product; the agreement may make each a lead of its own."),
    (
        "segment",
        "A part of the market, such as enterprises: the first of the agreement's that the lead fits.",
    ),
    (
        "agreement",
        "The versioned file in which marketing and sales agree; every decision names the version in force.",
    ),
    (
        "in force",
        "The version by which decisions are made at an instant; the next one takes over at its own.",
    ),
    (
        "fit, grade",
        "How well person and company match the market we sell to, from explicit data; grades A to D.",
    ),
    ("engagement", "What the lead did, in points that fade with a half-life."),
    ("half-life", "The time after which the points for an activity are worth half."),
    ("score", "Fit and engagement weighed together, 0 to 100."),
    (
        "set aside",
        "Somebody else's already, such as a customer's: no MQL; it goes where the agreement says.",
    ),
    ("cool", "An MQL that no rep has stops being one when its score falls below what the agreement keeps."),
    ("contest", "To say that a line of a score's receipt is wrong, and why; kept for the next agreement."),
    (
        "calibration",
        "What became of leads in sales, by what their score was made of: does a higher one mean more?",
    ),
    (
        "drift",
        "The first scores of this week are mixed otherwise than in the four weeks before, beyond chance.",
    ),
    ("inquiry", "The first stage: the lead is captured."),
    ("MQL", "Marketing-qualified lead: it meets the agreement's definition, or took the fast lane."),
    (
        "fast lane",
        "Makes a lead an MQL at once, whatever its score, and brings it back at once: asking for a demo.",
    ),
    ("SAL", "Sales-accepted lead: a rep has said yes to it."),
    ("SQL", "Sales-qualified lead: a rep has asked what the agreement requires, and it holds."),
    ("won", "The opportunity became revenue; the journey is over."),
    ("SDR", "Sales development representative: the rep who has a new lead first, until it is an SQL."),
    (
        "account executive",
        "The rep who works an SQL further; the SDR answers for it until the account executive has accepted.",
    ),
    ("hand-off", "An SQL goes from its SDR to an account executive; the SDR answers for it until their yes."),
    ("owner", "Who answers for the lead now: a rep, a queue's deputy, a track's or a desk's named owner."),
    (
        "baton",
        "Who owns a lead: a number and a holder. Numbers are consecutive; only the custodian hands it on.",
    ),
    (
        "custodian",
        "The one service that may move a baton now: scoring, routing or recycle, by the kind of holder.",
    ),
    ("handover", "The part of an event that touches the baton: open, move, offer, take, refuse or close."),
    (
        "snapshot",
        "A lead as an offer carries it, with person, company and receipt: the taker may never have seen it.",
    ),
    ("ledger", "Every handover of every lead, in order: it says who answered for a lead at any instant."),
    (
        "auditor",
        "Reads the ledger and says which lead has no owner. It never repairs: the lead's custodian does.",
    ),
    (
        "intake desk",
        "The named person who answers for a lead from its capture until it is scored and handed on.",
    ),
    ("queue", "A team's leads that nobody could take yet; its deputy answers for them."),
    ("deputy", "The person who answers for a team's queue, and for what no rep can take."),
    (
        "turn, weight",
        "Whose the next lead of a team is: a member's share of them grows by the weight in the roster.",
    ),
    ("owed", "What a member's share of the leads is ahead of the turns they had; who is owed most is next."),
    (
        "worth",
        "What a lead counts for in its team's turns: 1, or its value where the agreement counts by value.",
    ),
    ("cap", "How many open leads, or new ones a day, a member has at most, from all their teams together."),
    (
        "pace",
        "How many leads of a heap, such as an import, a rep is given a day; the others wait without a clock.",
    ),
    (
        "pause",
        "Somebody, or a team, is given nothing new for a while, with a reason; what they have stays theirs.",
    ),
    ("reroute", "To decide anew about leads that went the wrong way, by the rules as they are now."),
    (
        "retell",
        "To say again, under the same ids, what a service may have missed; who has handled it does nothing.",
    ),
    ("desk", "Holds what is neither worked nor nurtured (privacy, set aside), with a named owner."),
    (
        "track",
        "A way of nurturing with a named owner; the nurture tool acknowledges before a rep is released.",
    ),
    (
        "receipt",
        "The record of one decision: its inputs, the agreement's version, what was tried and why not others.",
    ),
    (
        "replay",
        "A decision or score made again of its receipt: the same to the letter, or it says what differs.",
    ),
    ("preview", "Where a lead would go now; nothing is written, and nobody is told."),
    (
        "playbook",
        "What the agreement has a rep offer and say to a lead of this segment; it comes with the lead.",
    ),
    (
        "policy",
        "The agreement's times for one kind of lead (to accept, to touch), and what happens as they run out.",
    ),
    (
        "deadline, clock",
        "The instant by which the agreement wants something done, and the timer that watches it.",
    ),
    (
        "calendar, working time",
        "Hours, zone and holidays by which somebody works; and the time that these leave, without absences.",
    ),
    (
        "touch, attempt",
        "The first contact of a rep with a lead, and each of them, whether it was answered or not.",
    ),
    (
        "snooze",
        "To wait for the lead until an instant, with a reason; the clocks of its rep stand still until then.",
    ),
    ("stalled", "So long without a touch or progress that the lead goes back to nurture."),
    ("reminder, breach, escalation", "What happens before, at and after a deadline."),
    (
        "recycle",
        "To give a lead back to nurture with a reason, a track, an earliest return and a return condition.",
    ),
    ("round", "One return from nurture to sales; rounds are bounded by the agreement."),
    (
        "tombstone",
        "What remains of an erased or merged lead: its id, so that nothing brings it back by mistake.",
    ),
    (
        "parked",
        "An event that could not be handled, kept with reason, owner and clock; one command replays it.",
    ),
    (
        "inbox, outbox",
        "Where a service notes the events that it has handled, and those that it has still to publish.",
    ),
    (
        "errand",
        "A call to an outside tool, written down with the decision and carried out after it, with retries.",
    ),
    (
        "action link",
        "A signed address in a message: it asks first, then does one thing, once, until it expires.",
    ),
    (
        "digest",
        "One message instead of a flood: what is too much for somebody in a short time is told together.",
    ),
    (
        "dispute",
        "A rep says that a lead is not what was agreed: it waits in the team's queue for the arbiter.",
    ),
    ("roster", "Who can be given leads: their teams, hours, absences and covers; every change is kept."),
    ("absence", "Time in which somebody is away: they are given nothing, and their cover has what comes up."),
    ("cover", "Who has somebody's leads while they are away, and when they leave."),
    ("arbiter", "The one accountable person who rules on a dispute between marketing and sales."),
    ("duty", "What marketing or sales owes the other: so many MQLs, leads that are accepted on time."),
    (
        "demand plan",
        "From the revenue wanted back to MQLs and inquiries, by month and source; and the reps it takes.",
    ),
    (
        "fallback",
        "An owner of last resort: intake, a queue, a deputy. Counted with age, so that nobody hides there.",
    ),
)
