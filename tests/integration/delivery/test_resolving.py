"""Decisions about uncertain campaigns in PostgreSQL: kept for ever, made once, seen by whoever waited meanwhile."""

import asyncio
import json
from datetime import timedelta

from delivery.domain.campaigns.campaign import CampaignState, Decision
from delivery.domain.errors import CampaignNotCancellable
from delivery.domain.sending.settling import MEMORY
from delivery.domain.sending.values import TOKEN_LIFETIME, RowState
from kit.errors import EtagMismatch, ServiceError
from tests.integration.delivery.handling import Delivery

AGAIN = Decision.SEND_AGAIN


async def list_rows(delivery: Delivery, name: str) -> list[tuple[str, str]]:
    """Return names and states of a campaign's rows, in ledger order."""
    query = "SELECT name, state FROM send_requests WHERE campaign = $1 ORDER BY number"
    return [(row["name"].rpartition("/")[2], row["state"]) for row in await delivery.connection.fetch(query, name)]


async def test_every_decision_is_kept_with_its_evidence(delivery: Delivery) -> None:
    """Who decided what about which row, when, and what was known then; the campaign shows the last decision."""
    name = await delivery.send()
    delivery.clock.advance(MEMORY)
    await delivery.follow()
    delivery.facts.refresh(at=delivery.clock.now())
    uncertain = await delivery.get(name)
    await delivery.resolve(name, AGAIN, etag=uncertain.etag)
    delivery.line.lose_next_answer(accepted=True)
    await delivery.dispatch()
    await delivery.cancel(name)
    delivery.clock.advance(timedelta(seconds=2))
    await delivery.dispatch()
    decided = await delivery.resolve(name, Decision.NOT_SENT_GIVE_UP, etag=(await delivery.get(name)).etag)
    kept = await delivery.connection.fetch("SELECT * FROM resolutions ORDER BY id")
    evidence = [json.loads(row["uncertainty"]) for row in kept]

    assert [(row["campaign"], row["request"].rpartition("/")[2], row["decision"], row["resolver"]) for row in kept] == [
        (name, "1", "SEND_AGAIN", "user:operator"),
        (name, "2", "NOT_SENT_GIVE_UP", "user:operator"),
    ]
    assert [document["reason"] for document in evidence] == ["OUTCOME_UNKNOWN", "CANCELLED"]
    assert [document["line_request_ids"] for document in evidence] == [["line-request-1"], []]
    assert kept[1]["time"] == delivery.clock.now()
    assert decided == await delivery.get(name)
    assert decided.resolution is not None
    assert decided.resolution.decision is Decision.NOT_SENT_GIVE_UP
    assert await list_rows(delivery, name) == [("1", RowState.SUPERSEDED.name), ("2", RowState.FAILED.name)]


async def test_what_is_sent_again_goes_out_once_more_and_no_more(delivery: Delivery) -> None:
    """Two narrowcasts in all, under two keys, and the log of the new row names the old one."""
    delivery.line.lose_next_answer(accepted=True)
    name = await delivery.create()
    await delivery.order(name)
    await delivery.dispatch()
    await delivery.cancel(name)
    delivery.clock.advance(timedelta(seconds=2))
    await delivery.dispatch()
    delivery.clock.advance(TOKEN_LIFETIME)
    delivery.facts.refresh(at=delivery.clock.now())
    await delivery.resolve(name, AGAIN, etag=(await delivery.get(name)).etag)
    while await delivery.dispatch():
        pass
    query = "SELECT evidence FROM send_attempts WHERE request = $1 AND entry = 'OPENED'"
    (opened,) = await delivery.connection.fetch(query, f"{name}/requests/2")

    assert len(delivery.line.narrowcasts) == len({sent.retry_key for sent in delivery.line.attempts}) == 2
    assert f"{name}/requests/1" in opened["evidence"]
    assert await delivery.list_facts() == ["created", "sending", "uncertain", "sending", "accepted"]


async def _try(delivery: Delivery, name: str, decision: Decision, etag: str) -> type[ServiceError] | None:
    try:
        await delivery.resolve(name, decision, etag=etag)
    except ServiceError as error:
        return type(error)
    return None


async def test_of_people_who_decide_at_once_one_does(delivery: Delivery) -> None:
    """The others are told that the campaign has changed, and nothing is sent twice over by two decisions."""
    name = await delivery.lose()
    etag = (await delivery.get(name)).etag
    decisions = [AGAIN, AGAIN, Decision.SENT, Decision.NOT_SENT_GIVE_UP]
    results = await asyncio.gather(*(_try(delivery, name, decision, etag) for decision in decisions))
    winner = decisions[results.index(None)]
    rows = await list_rows(delivery, name)

    assert sorted(results, key=str) == sorted([None, *[EtagMismatch] * 3], key=str)
    assert len(rows) == (2 if winner is AGAIN else 1)
    assert await delivery.connection.fetchval("SELECT count(*) FROM resolutions") == 1


async def test_a_cancel_that_waited_for_a_decision_meets_the_new_row(delivery: Delivery) -> None:
    """It cancels what is being sent again, or comes too early; the row that was superseded stays as it is."""
    names = [await delivery.lose() for _ in range(6)]

    async def cancel(name: str) -> type[ServiceError] | None:
        try:
            await delivery.cancel(name)
        except ServiceError as error:
            return type(error)
        return None

    etags = {name: (await delivery.get(name)).etag for name in names}
    calls = [call for name in names for call in (_try(delivery, name, AGAIN, etags[name]), cancel(name))]
    results = await asyncio.gather(*calls)

    assert results[::2] == [None] * len(names)
    for name, refusal in zip(names, results[1::2], strict=True):
        campaign = await delivery.get(name)
        expected = CampaignState.CANCELLED if refusal is None else CampaignState.SENDING
        assert refusal in (None, CampaignNotCancellable)
        assert campaign.state is expected
        assert (await list_rows(delivery, name))[0] == ("1", RowState.SUPERSEDED.name)


async def test_a_held_row_is_the_newest(delivery: Delivery) -> None:
    """Who waits for a row that is superseded meanwhile gets its successor."""
    name = await delivery.lose()
    held = asyncio.Event()

    async def supersede() -> None:
        transaction = delivery.connection.transaction()
        await transaction.start()
        await delivery.connection.execute("SELECT FROM send_requests WHERE campaign = $1 FOR UPDATE", name)
        held.set()
        await delivery.await_blocked()
        await delivery.connection.execute("UPDATE send_requests SET state = 'SUPERSEDED' WHERE campaign = $1", name)
        await delivery.connection.execute(
            "INSERT INTO send_requests (name, campaign, state, generation, in_doubt, attempt_count, claim_number,"
            " order_time, end_time, next_time) SELECT campaign || '/requests/2', campaign, 'READY', 1, false, 0, 0,"
            " order_time, end_time, order_time FROM send_requests WHERE campaign = $1",
            name,
        )
        await transaction.commit()

    async def hold() -> str:
        await held.wait()
        async with delivery.uow() as tx:
            row = await tx.ledger.hold_newest(name)
            assert row is not None
            return row.name

    _, found = await asyncio.gather(supersede(), hold())

    assert found == f"{name}/requests/2"
