"""Leases: one holder at a time for a named piece of background work, in machine time of the database."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.store.schema import LEASES
from kit.store.uow import transaction


class Lease:
    """One replica's hold on the lease `name`.

    A lease avoids work done twice; it can't prevent it, because a holder may stall between a check and its act. What
    is done under a lease must therefore be safe to do twice.
    """

    def __init__(self, engine: AsyncEngine, *, name: str, holder: str, ttl: timedelta) -> None:
        """Describe the lease; `holder` is unique per replica, `ttl` is how long others wait for a dead holder."""
        self._engine = engine
        self._name = name
        self._holder = holder
        self._ttl = ttl
        self._valid_until = 0.0

    @property
    def ttl(self) -> timedelta:
        """How long the lease lasts after it was last taken."""
        return self._ttl

    @property
    def valid(self) -> bool:
        """Whether the lease is held by this process's own reckoning, which ends before the database's."""
        return asyncio.get_running_loop().time() < self._valid_until

    async def hold(self) -> bool:
        """Take the lease, or keep it; False when another replica has it.

        Asks the database only when a third of the time has passed.

        Raises:
            StoreUnavailable: whether the lease is held is unknown; `valid` stays true until it lapses.

        """
        now = asyncio.get_running_loop().time()
        ttl = self._ttl.total_seconds()
        if now < self._valid_until - ttl * 2 / 3:
            return True
        held = await self._take()
        # Counted from before the question, so that this process lets go no later than the database does.
        self._valid_until = now + ttl if held else 0.0
        return held

    async def release(self) -> None:
        """Let the next replica take over at once; harmless when the lease is not held."""
        self._valid_until = 0.0
        async with transaction(self._engine) as connection:
            await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == self._name, LEASES.c.holder == self._holder)
                .values(expire_time=func.now())
            )

    async def _take(self) -> bool:
        expire_time = func.now() + self._ttl
        claim = insert(LEASES).values(name=self._name, holder=self._holder, expire_time=expire_time)
        claim = claim.on_conflict_do_update(
            index_elements=[LEASES.c.name],
            set_={"holder": self._holder, "expire_time": expire_time},
            where=or_(LEASES.c.holder == self._holder, LEASES.c.expire_time <= func.now()),
        )
        async with transaction(self._engine) as connection:
            taken = await connection.execute(claim.returning(LEASES.c.name))
            return taken.one_or_none() is not None
