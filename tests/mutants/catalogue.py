"""The guarantees, each with the line that gives it and what stands there once it is taken away."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guarantee less. `old` stands exactly once in `file`."""

    name: str
    file: str
    old: str
    new: str


CATALOGUE: Final = (
    Mutant(
        "an event takes effect once",
        "shared/runtime/consume.py",
        "if item.event_id in unclaimed:",
        "if True:",
    ),
    Mutant(
        "the offset is committed after the work",
        "shared/runtime/consume.py",
        "            return 0\n        items = [",
        "            return 0\n        await consumer.commit()\n        items = [",
    ),
    Mutant(
        "events are said in the transaction of the state",
        "shared/runtime/service.py",
        "            tx.flush()\n            return tx, result\n\n"
        "        tx, result = await self.database.tx(whole)\n",
        "            return tx, result\n\n        tx, result = await self.database.tx(whole)\n"
        "        await self.database.tx(lambda conn: (setattr(tx, 'conn', conn), tx.flush()))\n",
    ),
    Mutant(
        "an outbox row goes only after the bus has it",
        "shared/runtime/relay.py",
        "        refusals = await self._service.bus.publish([_record(row) for row in rows])\n"
        '        self._service.seam("published")\n',
        "        await self._service.tx(lambda tx: _forget(tx, rows, []))\n"
        "        refusals = await self._service.bus.publish([_record(row) for row in rows])\n"
        '        self._service.seam("published")\n',
    ),
    Mutant(
        "a lead's events are published in order",
        "shared/runtime/relay.py",
        "select(outbox).order_by(outbox.c.id)",
        "select(outbox).order_by(outbox.c.id.desc())",
    ),
    Mutant(
        "timers are found by their state, not by a cursor over time",
        "shared/runtime/timers.py",
        "    return sorted([*firsts, *rest], key=lambda row: (row.due_at, row.id))",
        "    return [row for row in [*firsts, *rest] if (tx.now - row.due_at).total_seconds() < 1200]",
    ),
    Mutant(
        "timers are written with the state",
        "shared/runtime/tx.py",
        "            insert(self.conn, table, new)\n",
        "            pass\n",
    ),
    Mutant(
        "an errand that failed is tried again",
        "shared/runtime/errands.py",
        "over = answer.final or (answer.tried and errand.attempt >= ATTEMPTS_MAX)",
        "over = True",
    ),
    Mutant(
        "taking raises the number",
        "shared/baton/custody.py",
        "        number=custody.number + 1,\n        holder=to,\n        refusals=0,",
        "        number=custody.number,\n        holder=to,\n        refusals=0,",
    ),
    Mutant(
        "a tombstone is kept for a lead that nobody knows yet",
        "shared/baton/custody.py",
        '    if custody.standing == "ended":\n        return None\n'
        '    return replace(custody, standing="ended"',
        '    if custody.standing in ("none", "ended"):\n        return None\n'
        '    return replace(custody, standing="ended"',
    ),
    Mutant(
        "what a track refuses goes to the deputy",
        "shared/baton/custodians.py",
        "    return None if answered is None else move(answered, deputy)",
        "    return None",
    ),
    Mutant(
        "an acknowledgement answers just one question",
        "shared/baton/nurture.py",
        'if custody.standing != "asked" or custody.number != number:',
        'if custody.standing != "asked":',
    ),
    Mutant(
        "the fast lane waits for no date",
        "shared/baton/nurture.py",
        "    if is_fast(custody, memory):\n        return True\n",
        "",
    ),
    Mutant(
        "a return is judged on every change",
        "services/recycle/domain/policy.py",
        "    return acted.then(settle(acted.state, heard.lead, agreement, now))",
        "    return acted",
    ),
    Mutant(
        "a refusal is respected while nurturing",
        "services/recycle/domain/policy.py",
        "denied=lead.denied",
        "denied=False",
    ),
    Mutant(
        "a refusal is respected while a rep has the lead",
        "services/routing/domain/part.py",
        "denied=lead.consent is Consent.DENIED",
        "denied=False",
    ),
    Mutant(
        "who leaves hands over what they hold",
        "services/routing/domain/leave.py",
        '    return hand_on(lead, anew(lead, scene), "left", scene, by=person)',
        "    return nothing(lead)",
    ),
)
