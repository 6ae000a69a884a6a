"""Tests of leases."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from kit.store.engine import Database
from kit.store.leases import Lease
from tests.infrastructure.eventually import eventually

LONG = timedelta(hours=1)
SHORT = timedelta(milliseconds=200)


def make_lease(database: Database, holder: str, ttl: timedelta = LONG) -> Lease:
    """Return one replica's side of the lease under test."""
    return Lease(database.writer, name="chore", holder=holder, ttl=ttl)


async def test_one_of_many_holds(database: Database) -> None:
    """Of replicas that ask at once exactly one gets the lease, and it may ask again."""
    leases = [make_lease(database, f"replica-{number}") for number in range(5)]

    held = await asyncio.gather(*(lease.hold() for lease in leases))

    assert sorted(held) == [False, False, False, False, True]
    winner = leases[held.index(True)]
    assert winner.valid
    assert await winner.hold()
    assert not any(lease.valid for lease in leases if lease is not winner)


async def test_released_lease_is_free_at_once(database: Database) -> None:
    """A replica that stops in good order does not make others wait."""
    first, second = make_lease(database, "a"), make_lease(database, "b")
    assert await first.hold()

    await first.release()

    assert not first.valid
    assert await second.hold()


async def test_release_takes_nothing_from_another_holder(database: Database) -> None:
    """Releasing what one doesn't hold is harmless."""
    first, second = make_lease(database, "a"), make_lease(database, "b")
    assert await first.hold()

    await second.release()

    assert not await second.hold()


async def test_dead_holder_is_succeeded(database: Database) -> None:
    """The lease of a holder that went silent passes on, and the holder knows by its own clock."""
    first, second = make_lease(database, "a", SHORT), make_lease(database, "b", SHORT)
    assert await first.hold()
    assert not await second.hold()

    def succeeded() -> bool | Awaitable[bool]:
        return second.hold()

    await eventually(succeeded)

    assert not first.valid


async def test_leases_of_other_names_are_independent(database: Database) -> None:
    """One chore's holder does not keep others from another chore."""
    assert await make_lease(database, "a").hold()

    assert await Lease(database.writer, name="other", holder="b", ttl=LONG).hold()
