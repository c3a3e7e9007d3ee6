"""The guarantees, each with the line that gives it and what stands there once it is taken away."""

from typing import Final

from tests.mutants.mutant import Mutant
from tests.mutants.routing import ROUTING
from tests.mutants.telling import TELLING

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
        "        refusals = await self._service.bus.publish([record_of(row) for row in rows.values()])\n"
        '        self._service.seam("published")\n',
        "        await self._service.tx(lambda tx: _forget(tx, rows, []))\n"
        "        refusals = await self._service.bus.publish([record_of(row) for row in rows.values()])\n"
        '        self._service.seam("published")\n',
    ),
    Mutant(
        "a lead's events are published in order",
        "shared/runtime/relay.py",
        "select(outbox.c.id, outbox.c.event_id).order_by(outbox.c.id)",
        "select(outbox.c.id, outbox.c.event_id).order_by(outbox.c.id.desc())",
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
        "tests/unit/test_baton_search.py",
    ),
    Mutant(
        "the fast lane waits for no date",
        "shared/baton/nurture.py",
        "    if is_fast(custody, memory):\n        return True\n",
        "",
        "tests/unit/test_recycle_returning.py",
    ),
    Mutant(
        "a return is judged on every change",
        "services/recycle/domain/policy.py",
        "    return acted.then(settle(acted.state, scene))",
        "    return acted",
    ),
    Mutant(
        "a refusal is respected while nurturing",
        "services/recycle/domain/policy.py",
        "denied=lead.denied",
        "denied=False",
    ),
    Mutant(
        "an MQL that nobody takes cools",
        "services/scoring/domain/cooling.py",
        "timer = CancelTimer(COOL) if cools_at is None else SetTimer(COOL, cools_at)",
        "timer = CancelTimer(COOL)",
    ),
    Mutant(
        "leads hear what the CRM says of their company",
        "services/scoring/handlers/events.py",
        "    for lead in leads_at(tx, newest):",
        "    for lead in []:",
    ),
    Mutant(
        "every score that is said is kept",
        "services/scoring/handlers/events.py",
        "        add_receipts(tx, self.kept)\n",
        "",
    ),
    Mutant(
        "a receipt says which activities its score had not seen",
        "services/scoring/domain/model.py",
        "self.first <= activity.seq <= self.last and activity.seq not in self.without",
        "self.first <= activity.seq",
    ),
    Mutant(
        "what a merged lead did counts for the one that survives",
        "services/scoring/handlers/events.py",
        "        _unite(tx, folded, decision.united, Cause.of(event))\n",
        "",
    ),
    Mutant(
        "what is folded out of a score can not count any more",
        "services/scoring/domain/folding.py",
        "agreement.half_life * min(halvings, GONE_AFTER)",
        "agreement.half_life * 9",
        "tests/unit/test_scoring_folding.py::"
        "test_folding_changes_no_score_by_a_hundredth_whatever_comes_late_or_is_merged",
    ),
    Mutant(
        "the newest receipt of each lead stays",
        "services/scoring/store/receipts.py",
        "if newest[row.lead_id] != row.number]",
        "if row.number]",
        "tests/service/test_scoring_retention.py::test_the_newest_of_each_lead_stays",
    ),
    Mutant(
        "no lead misses its account while that changes",
        "services/scoring/store/leads.py",
        "    gate(tx.conn, _GATE)\n",
        "",
        "tests/service/test_scoring_together.py",
    ),
    Mutant(
        "who has not looked which agreement is coming looks before it decides",
        "shared/runtime/versions.py",
        "        if at > known.until:",
        "        if not known.spans:",
        "tests/service/test_runtime_versions.py::test_a_process_that_did_not_look_looks_before_it_decides",
    ),
    Mutant(
        "a version of the agreement is announced before it takes over",
        "shared/runtime/takeover.py",
        "max(version.agreement.effective_from, now + NOTICE)",
        "max(version.agreement.effective_from, now)",
        "tests/service/test_runtime_versions.py::"
        "test_what_is_meant_for_the_past_takes_over_when_all_can_know_it",
    ),
    Mutant(
        "what was agreed is not changed",
        "shared/runtime/takeover.py",
        "    if refused:\n",
        "    if False:\n",
        "tests/service/test_runtime_versions.py::test_what_was_in_force_can_not_be_changed",
    ),
    Mutant(
        "no version takes a holder from leads",
        "shared/runtime/takeover.py",
        "    if not held:\n",
        "    if True:\n",
        "tests/service/test_runtime_versions.py::test_what_drops_a_holder_of_leads_is_refused_and_held_up",
    ),
    Mutant(
        "a rebalance waits for the batch in hand",
        "shared/bus/kafka_consumer.py",
        "                await self._idle.wait()\n",
        "                pass\n",
        "tests/contract/test_bus_kafka.py::"
        "test_a_newcomer_waits_for_the_batch_in_work_and_does_not_get_it_again",
    ),
    Mutant(
        "a consumer that reads nothing of what waits is replaced",
        "shared/bus/kafka_watchdog.py",
        "        if for_s >= self._stuck_s:",
        "        if False:",
        "tests/contract/test_bus_kafka.py::test_a_consumer_that_reads_nothing_of_what_waits_is_stuck",
    ),
    Mutant(
        "a producer that failed is replaced",
        "shared/bus/kafka_producer.py",
        "            except BaseException:\n                await self._discard()\n",
        "            except BaseException:\n",
        "tests/contract/test_bus_kafka.py::test_a_producer_that_lost_its_count_is_replaced",
    ),
    Mutant(
        "only the holder of the lease publishes",
        "shared/runtime/relay.py",
        "        if rows and not self._holds(_RENEW_WHEN_LEFT):",
        "        if False:",
        "tests/service/test_runtime_relay.py::"
        "test_a_second_process_publishes_nothing_until_the_lease_is_over",
    ),
    Mutant(
        "of what a relay remembers, only what the table holds is published",
        "shared/runtime/relay.py",
        "        unread = [id_ for id_, row in known.items() if row is None]\n",
        "        unread = [id_ for id_, row in known.items() if row is None]\n"
        "        known |= {-n: row for n, row in enumerate(self._fresh.values(), 1)}\n",
        "tests/service/test_runtime_relay_memory.py::test_what_is_no_longer_in_the_table_is_not_published",
    ),
    Mutant(
        "a process dies, and what it acknowledged is on disk",
        "services/ingest/api/hooks.py",
        "        return await reception.take_in(arrival)\n    except Problem:",
        "        import asyncio\n\n        from services.ingest.domain.delivery import lead_id\n\n"
        "        asyncio.get_running_loop().create_task(reception.take_in(arrival))\n"
        "        return Receipt(lead_id(arrival.delivery))\n    except Problem:",
        "tests/chaos/test_embedded.py",
    ),
    Mutant(
        "who refused contact is no MQL",
        "services/scoring/domain/judging.py",
        "mql=not lead.refused and aside is None",
        "mql=aside is None",
    ),
    Mutant(
        "a refusal of contact is the person's, not one lead's",
        "services/ingest/domain/admit.py",
        "(*outcomes, *self.agree(candidate, lead))",
        "outcomes",
        "tests/service/test_ingest_persons.py",
    ),
    Mutant(
        "nothing goes to another cluster that has the address",
        "shared/bus/kafka_producer.py",
        "            guard(self._producer.client, self._cluster.cluster_id)\n",
        "",
        "tests/contract/test_bus_kafka_guard.py",
    ),
    Mutant(
        "nothing is forgotten by a wrong clock",
        "shared/runtime/loops.py",
        "        check_clock(tx)\n",
        "",
        "tests/service/test_runtime_loops.py",
    ),
    Mutant(
        "what we owe others is not discarded",
        "shared/runtime/parking.py",
        "    if duty is not None:\n",
        "    if False:\n",
        "tests/service/test_runtime_replaying.py",
    ),
    *ROUTING,
    *TELLING,
)
