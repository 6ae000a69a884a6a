"""Published usages and reservations, on PostgreSQL and on the fake that unit tests use."""

from datetime import timedelta

from delivery.domain.sending.quota import Balance, Usage
from delivery.domain.sending.values import Reservation
from tests.contract.delivery.storing import ACME, HOUR, MINUTE, SECOND, Store, order, save
from tests.strategies.rows import START, begin


async def test_a_usage_stands_for_its_day_in_japan(store: Store) -> None:
    """The first one of a day is kept, whoever reads again; the next day's replaces it, and an older one never (V7)."""
    midnight = START.replace(hour=15)
    usages = [
        Usage("U-acme", 1, START),
        Usage("U-acme", 2, midnight - SECOND),
        Usage("U-acme", 3, midnight),
        Usage("U-acme", 4, START),
        Usage("U-acme", 5, midnight + timedelta(days=40)),
    ]
    standing = []
    for usage in usages:
        async with store() as tx:
            await tx.quota.publish(usage)
        async with store.read() as tx:
            standing.append(await tx.quota.find_usage("U-acme"))
            other = await tx.quota.find_usage("U-bee")

    assert standing == [usages[0], usages[0], usages[2], usages[2], usages[4]]
    assert other is None


async def test_a_balance_counts_what_no_usage_covers(store: Store) -> None:
    """Rows that wait, run, or ended when the usage was read or later; other accounts and the asking campaign do not."""
    rows = [await order(store, f"{ACME}/campaigns/c{number}") for number in range(6)]
    held = [row.reserve(Reservation("U-acme", 10**number)) for number, row in enumerate(rows[:5])]
    elsewhere = rows[5].reserve(Reservation("U-bee", 7))
    taken = [begin(row).accept(f"line-{row.number}", at=START) for row in held]
    steps = [
        held[0],
        begin(held[1]),
        taken[2],
        taken[3].deliver("line-1", at=START + MINUTE - SECOND),
        taken[4].deliver("line-1", at=START + MINUTE),
        elsewhere,
    ]
    for step in steps:
        await save(store, step)
    async with store.read() as tx:
        before = await tx.quota.find("U-acme", apart_from="")
    usage = Usage("U-acme", 5, START + MINUTE)
    async with store() as tx:
        await tx.quota.publish(usage)
        whole = await tx.quota.hold("U-acme", apart_from="")
        apart = await tx.quota.find("U-acme", apart_from=rows[1].campaign)

    assert before is None
    assert whole == Balance(usage, 1 + 10 + 100 + 10_000)
    assert apart == Balance(usage, 1 + 100 + 10_000)


async def test_a_row_is_weighed_beside_those_that_go_before_it(store: Store) -> None:
    """Of what waits for a first call only earlier orders count; what LINE was asked for counts in any case."""
    usage = Usage("U-acme", 0, START)
    async with store() as tx:
        await tx.quota.publish(usage)
    for number in range(5):
        row = await order(store, f"{ACME}/campaigns/c{number}", after=(1 + number // 2) * MINUTE)
        reserved = row.reserve(Reservation("U-acme", 10**number))
        await save(store, begin(reserved) if number == 4 else reserved)
    async with store() as tx:
        balance = await tx.quota.hold("U-acme", apart_from=f"{ACME}/campaigns/c2", before=START + 2 * MINUTE)

    assert balance == Balance(usage, 1 + 10 + 10_000)


async def test_a_row_that_ends_unasked_holds_nothing(store: Store) -> None:
    """What LINE was never asked for leaves no reservation behind."""
    usage = Usage("U-acme", 0, START)
    row = (await order(store, f"{ACME}/campaigns/may")).reserve(Reservation("U-acme", 50))
    async with store() as tx:
        await tx.quota.publish(usage)
    balances = []
    for step in (row, row.expire(at=START + HOUR)):
        await save(store, step)
        async with store.read() as tx:
            balances.append(await tx.quota.find("U-acme", apart_from=""))

    assert balances == [Balance(usage, 50), Balance(usage, 0)]
