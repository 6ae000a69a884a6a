"""The store's ports, on PostgreSQL and on the fake that unit tests use."""

import uuid
from datetime import timedelta

import pytest

from delivery.application.ports import PagePosition
from delivery.domain.campaigns.campaign import (
    CampaignState,
    Decision,
    Order,
    Resolution,
    Uncertainty,
)
from delivery.domain.campaigns.resolving import DecisionRecord
from delivery.domain.campaigns.sends import Send, Taken
from delivery.domain.sending.failures import Failure, FailureReason, UncertaintyReason
from delivery.domain.sending.lanes import Endpoint
from delivery.domain.sending.row import SendRow, open_row
from delivery.domain.sending.values import KEY_LIFETIME, LONGEST_CALL, Deadline, Reservation, RowState, WaitReason
from kit.errors import AlreadyExists
from tests.contract.delivery.storing import (
    ACME,
    BEE,
    HOUR,
    MINUTE,
    SECOND,
    Store,
    claim,
    make_campaign,
    order,
    release,
    save,
)
from tests.strategies.rows import START, UID, begin


async def test_a_name_is_given_once(store: Store) -> None:
    """Names are never given again, and a refused campaign leaves nothing (I2)."""
    async with store() as tx:
        await tx.campaigns.add(make_campaign())
    with pytest.raises(AlreadyExists):
        async with store() as tx:
            await tx.campaigns.add(make_campaign(revision=7))
    async with store.read() as tx:
        kept = await tx.campaigns.find(f"{ACME}/campaigns/may")

    assert kept == make_campaign()


async def test_a_campaign_comes_back_as_it_was(store: Store) -> None:
    """Whatever a campaign holds survives storage."""
    full = make_campaign(
        state=CampaignState.UNCERTAIN,
        version=4,
        acknowledgements=frozenset({"a", "b"}),
        order=Order(START, Deadline(START + HOUR, callers_own=True), 30 * HOUR),
        accept_time=START,
        complete_time=START + HOUR,
        cancel_request_time=START + MINUTE,
        uncertainty=Uncertainty(UncertaintyReason.CANCELLED, START, START + MINUTE, 2, ("line-1",)),
        resolution=Resolution(Decision.SEND_AGAIN, START, "user:a"),
    )
    async with store() as tx:
        await tx.campaigns.add(make_campaign())
        await tx.campaigns.save(full)
    async with store.read() as tx:
        kept = await tx.campaigns.find(full.name)

    assert kept == full


async def test_pages_of_sends(store: Store) -> None:
    """Only what was ordered is listed, by its last change, of one channel or of all, from a position on."""
    names = [f"{ACME}/campaigns/a", f"{BEE}/campaigns/b", f"{ACME}/campaigns/c"]
    ordered = Order(START, Deadline(START + HOUR), HOUR)
    async with store() as tx:
        await tx.campaigns.add(make_campaign(f"{ACME}/campaigns/draft"))
        for number, name in enumerate(names):
            await tx.campaigns.add(make_campaign(name))
            await tx.campaigns.save(make_campaign(name, order=ordered, update_time=START + number * MINUTE))
    async with store.read() as tx:
        first = await tx.sends.page(None, since=START, after=None, size=2)
        after = PagePosition(first[-1].update_time, first[-1].campaign)
        second = await tx.sends.page(None, since=START, after=after, size=2)
        own = await tx.sends.page(ACME, since=START + SECOND, after=None, size=2)

    assert [send.campaign for send in (*first, *second)] == names
    assert [send.campaign for send in own] == [names[2]]


async def test_a_send_tells_what_line_took_of_all_its_rows(store: Store) -> None:
    """What was sent before it was sent again counts too, what LINE calls a repetition does not."""
    name = f"{ACME}/campaigns/may"
    first = await order(store, name)
    accepted = begin(first).accept("line-1", at=START).deny("line-1", at=START).accept("line-2", at=START)
    uncertain = accepted.give_up(UncertaintyReason.OUTCOME_UNKNOWN, at=START)
    await save(store, uncertain.close(RowState.SUPERSEDED, at=START))
    second = await order(store, name, after=HOUR, number=2)
    taken = begin(second, at=START + HOUR).accept("line-3", at=START + HOUR)
    failure = Failure(FailureReason.LINE_INTERNAL)
    shown = make_campaign(
        name,
        state=CampaignState.FAILED,
        order=Order(START + HOUR, Deadline(START + 2 * HOUR), HOUR),
        accept_time=START + HOUR,
        complete_time=START + 2 * HOUR,
        update_time=START + 3 * HOUR,
        failure=failure,
    )
    async with store() as tx:
        await tx.campaigns.save(shown)
    sends = []
    for row in (taken, taken.confirm(START + HOUR)):
        await save(store, row)
        async with store.read() as tx:
            sends += await tx.sends.page(None, since=START, after=None, size=10)

    assert sends[1] == Send(
        campaign=name,
        state=CampaignState.FAILED,
        failure=FailureReason.LINE_INTERNAL,
        order_time=START + HOUR,
        accept_time=START + HOUR,
        complete_time=START + 2 * HOUR,
        update_time=START + 3 * HOUR,
        taken=Taken(("line-2", "line-3"), confirmed=True),
    )
    assert sends[0].taken == Taken(("line-2", "line-3"))


async def test_decisions_are_kept_in_order(store: Store) -> None:
    """Each with what was known when it was made, and those of one campaign alone."""
    records = []
    for number, decision in ((1, Decision.SEND_AGAIN), (2, Decision.SENT)):
        row = await order(store, f"{ACME}/campaigns/may", number=number)
        known = Uncertainty(UncertaintyReason.ANSWER_LOST, START, START + MINUTE, number, ("line-1",), START + HOUR)
        records.append(DecisionRecord(row.campaign, row.name, Resolution(decision, START + HOUR, "user:a"), known))
    async with store() as tx:
        for record in records:
            await tx.decisions.add(record)
    async with store.read() as tx:
        kept = await tx.decisions.list_of_campaign(f"{ACME}/campaigns/may")
        none = await tx.decisions.list_of_campaign(f"{ACME}/campaigns/june")

    assert kept == records
    assert none == []


def list_rows() -> list[SendRow]:
    """Return a row of each kind of content."""
    new = open_row(
        f"{ACME}/campaigns/may",
        uid=UID,
        number=1,
        deadline=Deadline(START + HOUR, callers_own=True),
        at=START,
        reservation=Reservation("U1", 500),
    )
    calling = begin(new)
    accepted = calling.accept("line-1", at=START)
    two = accepted.accept("line-2", at=START)
    return [
        new.postpone(WaitReason.QUOTA_HELD, at=START).postpone(WaitReason.QUOTA_HELD, at=START + MINUTE),
        calling.doubt(at=START).cancel(at=START + MINUTE),
        calling.put_off(WaitReason.RATE_LIMITED, at=START, until=START + MINUTE),
        calling.refuse(FailureReason.REQUEST_REFUSED, at=START),
        accepted.confirm(START - MINUTE),
        accepted.deny("line-1", at=START),
        two.fail("line-1", FailureReason.LINE_INTERNAL, at=START),
        two.deliver("line-2", at=START),
        two.deliver("line-2", at=START).deliver("line-1", at=START),
        accepted.deliver("line-1", at=START),
        calling.give_up(UncertaintyReason.ANSWER_LOST, at=START).accept("line-9", at=START),
        new.cancel(at=START),
        new.expire(at=START),
        calling.give_up(UncertaintyReason.ANSWER_LOST, at=START).close(RowState.SUPERSEDED, at=START),
    ]


@pytest.mark.parametrize("number", range(len(list_rows())))
async def test_a_row_comes_back_as_it_was(store: Store, number: int) -> None:
    """Whatever a row holds survives storage."""
    row = list_rows()[number]
    new = await order(store, row.campaign)
    await save(store, row)
    async with store.read() as tx:
        (kept,) = await tx.ledger.list_of_campaign(row.campaign)

    assert kept == row
    assert kept.name == new.name


async def test_the_newest_row_is_found(store: Store) -> None:
    """The newest of ten and more is the one with the highest number, not the last by name."""
    for number in (1, 2, 10):
        await order(store, f"{ACME}/campaigns/may", number=number)
    async with store() as tx:
        held = await tx.ledger.hold_newest(f"{ACME}/campaigns/may")
        none = await tx.ledger.hold_newest(f"{ACME}/campaigns/june")

    assert held is not None
    assert held.number == 10
    assert none is None


async def test_a_row_is_claimed_by_one_and_only_when_it_is_due(store: Store) -> None:
    """Nobody gets a row early, nor one that somebody has, until it is released."""
    await order(store, f"{ACME}/campaigns/may", after=MINUTE)
    early = await claim(store, after=MINUTE - SECOND)
    first = await claim(store, after=MINUTE)
    second = await claim(store, after=MINUTE)
    assert first is not None
    await release(store, first)
    third = await claim(store, after=MINUTE)

    assert (early, second) == (None, None)
    assert third is not None
    assert third.number == first.number + 1


async def test_the_oldest_order_of_a_channel_goes_first(store: Store) -> None:
    """No later order overtakes an earlier one, also where the earlier one has waited."""
    young = await order(store, f"{ACME}/campaigns/young", after=MINUTE)
    old = await order(store, f"{ACME}/campaigns/old")
    await save(store, old.postpone(WaitReason.RATE_LIMITED, at=START + 2 * MINUTE, until=START + 3 * MINUTE))
    names = []
    for _ in range(2):
        found = await claim(store)
        assert found is not None
        names.append(found.item.name)
        await save(store, found.item.expire(at=START))
        await release(store, found)

    assert names == [old.name, young.name]


async def test_channels_are_served_in_turn(store: Store) -> None:
    """A channel with many orders holds up no other one."""
    for number in range(3):
        await order(store, f"{ACME}/campaigns/a{number}")
    await order(store, f"{BEE}/campaigns/b", after=MINUTE)
    channels = []
    for _ in range(4):
        found = await claim(store)
        assert found is not None
        channels.append(found.item.channel)
        await save(store, found.item.expire(at=START))
        await release(store, found)

    assert sorted(channels[:2]) == [ACME, BEE]
    assert channels[2:] == [ACME, ACME]


@pytest.mark.parametrize(("endpoint", "most"), [(Endpoint.NARROWCAST, 1), (Endpoint.PROGRESS, 2)])
async def test_a_channel_has_few_calls_in_flight(store: Store, endpoint: Endpoint, most: int) -> None:
    """However many workers there are, a channel that hangs occupies few of them, and one while it is in trouble."""
    for number in range(4):
        for channel in (ACME, BEE):
            row = await order(store, f"{channel}/campaigns/c{number}")
            if endpoint is Endpoint.PROGRESS:
                await save(store, begin(row).accept(f"line-{number}", at=START))
    async with store() as tx:
        lane = await tx.lanes.hold(BEE, endpoint, at=START)
        await tx.lanes.save(lane.strain(START), at=START)
    claims = [await claim(store, endpoint) for _ in range(6)]
    channels = [found.item.channel for found in claims if found is not None]

    assert sorted(channels) == [*[ACME] * most, BEE]


@pytest.mark.parametrize("trouble", ["gate", "rest"])
async def test_a_closed_way_is_left_alone(store: Store, trouble: str) -> None:
    """No row is claimed before the gate opens or the channel has rested; progress goes on meanwhile."""
    row = await order(store, f"{ACME}/campaigns/may")
    accepted = await order(store, f"{ACME}/campaigns/accepted")
    await save(store, begin(accepted).accept("line-1", at=START))
    async with store() as tx:
        lane = await tx.lanes.hold(ACME, Endpoint.NARROWCAST, at=START)
        closed = lane.shut(START) if trouble == "gate" else lane.strain(START)
        await tx.lanes.save(closed, at=START)
    opens = closed.opens(START) - START
    early = await claim(store, after=opens - timedelta(microseconds=1))
    progress = await claim(store, Endpoint.PROGRESS, after=timedelta(0))
    late = await claim(store, after=opens)

    assert early is None
    assert progress is not None
    assert progress.item.name == accepted.name
    assert late is not None
    assert late.item.name == row.name


async def test_an_id_that_is_not_known_is_asked_for_by_a_call(store: Store) -> None:
    """A row that LINE calls a repetition leads to the sending endpoint, not to its progress (I6)."""
    row = await order(store, f"{ACME}/campaigns/may")
    await save(store, begin(row).accept("line-1", at=START).deny("line-1", at=START))

    assert await claim(store, Endpoint.PROGRESS) is None
    assert await claim(store, Endpoint.NARROWCAST) is not None


async def test_a_lane_is_kept(store: Store) -> None:
    """Gate and rest survive storage; a lane that was never used is open."""
    async with store() as tx:
        fresh = await tx.lanes.hold(ACME, Endpoint.NARROWCAST, at=START)
        used = fresh.shut(START).strain(START)
        await tx.lanes.save(used, at=START)
    async with store() as tx:
        kept = await tx.lanes.hold(ACME, Endpoint.NARROWCAST, at=START + HOUR)

    assert fresh.opens(START) == START
    assert kept == used


async def test_places_in_the_queue(store: Store) -> None:
    """A place counts the rows of the same channel that wait for their first call and were ordered before."""
    names = [f"{ACME}/campaigns/{letter}" for letter in "abc"]
    rows = [await order(store, name, after=number * SECOND) for number, name in enumerate(names)]
    await order(store, f"{BEE}/campaigns/other")
    await save(store, begin(rows[0]))
    async with store.read() as tx:
        places = await tx.ledger.locate([*names, f"{ACME}/campaigns/none"])
        waiting = await tx.ledger.count_waiting(ACME)

    assert {name: place.position for name, place in places.items()} == dict(zip(names, (0, 0, 1), strict=True))
    assert places[names[2]].row == rows[2]
    assert places[names[2]].lane.opens(START) == START
    assert waiting == 2


async def test_the_age_of_a_key_begins_with_each_generation(store: Store) -> None:
    """No attempt, no age; a repetition does not make a key younger, and a new generation has a new one (I3)."""
    row = await order(store, f"{ACME}/campaigns/may")
    calling = begin(row)
    ages = []
    for step in (row, calling, calling.doubt(at=START), calling.put_off(WaitReason.QUOTA_HELD, at=START)):
        async with store() as tx:
            await tx.ledger.save(step)
            ages.append(await tx.ledger.measure_key_age(step))

    assert ages[0] is None
    assert ages[1] is not None
    assert ages[2] is not None
    assert timedelta(0) <= ages[1] <= ages[2] < MINUTE
    assert ages[3] is None


async def test_a_late_fact_is_told_from_a_claim_that_was_lost(store: Store) -> None:
    """An acceptance counts whoever learned of it; everything else asks whether the claim still holds."""
    await order(store, f"{ACME}/campaigns/may")
    first = await claim(store)
    assert first is not None
    await release(store, first)
    second = await claim(store)
    assert second is not None
    async with store() as tx:
        lost = await tx.ledger.hold(first)
        row, is_ours = await tx.ledger.hold_regardless(first)
        held = await tx.ledger.hold(second)

    assert lost is None
    assert not is_ours
    assert row == held


@pytest.mark.parametrize(
    ("kind", "ends_after"),
    [("order", 24 * HOUR - LONGEST_CALL), ("cancelled", HOUR), ("key", KEY_LIFETIME), ("credentials", 2 * HOUR)],
)
async def test_what_has_ended_is_found_without_a_turn(store: Store, kind: str, ends_after: timedelta) -> None:
    """Not a moment early, nobody's in hand, and whether the channel's way is open or not."""
    row = await order(store, f"{ACME}/campaigns/may")
    changed = {
        "order": row,
        "cancelled": begin(row).doubt(at=START).cancel(at=START + HOUR),
        "key": begin(row).doubt(at=START),
        "credentials": row.postpone(WaitReason.CREDENTIALS_REFUSED, at=START + HOUR),
    }[kind]
    await save(store, changed)
    async with store() as tx:
        lane = await tx.lanes.hold(ACME, Endpoint.NARROWCAST, at=START)
        await tx.lanes.save(lane.strain(START + ends_after), at=START + ends_after)
    found = []
    for moment in (START + ends_after - SECOND, START + ends_after):
        async with store() as tx:
            found.append(await tx.ledger.hold_ended(now=moment))

    assert found[0] is None or kind == "cancelled"
    assert found[1] == changed


async def test_the_insight_budget(store: Store) -> None:
    """60 calls an hour, and the time until the next one (LP 1.6)."""
    async with store() as tx:
        taken = [await tx.insight.spend(ACME, 30, at=START), await tx.insight.spend(ACME, 30, at=START + MINUTE)]
        wait = await tx.insight.spend(ACME, 1, at=START + 2 * MINUTE)
        other = await tx.insight.spend(BEE, 60, at=START)
        later = await tx.insight.spend(ACME, 1, at=START + HOUR)

    assert taken == [None, None]
    assert wait == HOUR - 2 * MINUTE
    assert (other, later) == (None, None)


async def test_keys_are_the_campaigns_own(store: Store) -> None:
    """Two campaigns of one name would have other keys: the seed is stored with the row (I2)."""
    other_uid = uuid.uuid4()
    row = await order(store, f"{ACME}/campaigns/may")
    other = open_row(row.campaign, uid=other_uid, number=2, deadline=row.deadline, at=START)
    async with store() as tx:
        await tx.ledger.add(other)
    async with store.read() as tx:
        keys = [kept.retry_key for kept in await tx.ledger.list_of_campaign(row.campaign)]

    assert keys == [row.retry_key, other.retry_key]
    assert len(set(keys)) == 2


async def test_a_lane_is_looked_at_without_being_made(store: Store) -> None:
    """A look finds a lane as it is, and one that was never used open."""
    async with store.read() as tx:
        fresh = await tx.lanes.find(ACME, Endpoint.NARROWCAST, at=START)
    async with store() as tx:
        used = (await tx.lanes.hold(ACME, Endpoint.NARROWCAST, at=START)).shut(START)
        await tx.lanes.save(used, at=START)
    async with store.read() as tx:
        found = await tx.lanes.find(ACME, Endpoint.NARROWCAST, at=START + HOUR)

    assert fresh.opens(START) == START
    assert found == used
