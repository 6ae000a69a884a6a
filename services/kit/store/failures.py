"""Makes the driver's failures ours (`kit.store.errors`), so that nobody else knows the driver."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kit.store.errors import StoreConflict, StoreError, StoreRefusal, StoreUnavailable

# PostgreSQL, Appendix A: serialization failure, deadlock, lock not available.
_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
# Query cancelled (statement timeout), idle-in-transaction timeout, server going down or starting up, too many
# connections.
_OUTAGES = frozenset({"57014", "25P03", "57P01", "57P02", "57P03", "53300"})
_REFUSALS = {
    "28000": "The database server does not admit this role from here.",
    "28P01": "The database server does not take this role or its password.",
    "3D000": "The database server has no such database.",
}


@contextmanager
def connecting() -> Iterator[None]:
    """Raise `StoreUnavailable` where the block, which makes a connection or takes one of a pool, gets none."""
    try:
        yield
    except (OSError, PoolTimeoutError) as error:
        # OSError also covers a missing Unix socket and, since Python 3.11, a connect that timed out.
        raise StoreUnavailable("The database can't be reached.") from error


@contextmanager
def translated() -> Iterator[None]:
    """Raise what happens to a connection in the block as a `StoreError`; what the caller caused passes unchanged.

    Raises:
        StoreConflict: the transaction lost a race and may be run again.
        StoreUnavailable: the database is out of reach; at a commit its outcome is unknown.
        StoreRefusal: the database is there and does not let us in.

    """
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        raise StoreUnavailable("The connection to the database was lost, or nobody answers on it.") from error
    except DBAPIError as error:
        typed = _typed(error)
        if typed is None:
            raise
        raise typed from error


def _typed(error: DBAPIError) -> StoreError | None:
    """Classify a driver's error; None for one that the caller caused, such as a violated constraint."""
    state = getattr(error.orig, "sqlstate", None) or ""
    if state in _REFUSALS:
        return StoreRefusal(_REFUSALS[state])
    if state in _CONFLICTS or _is_stale_plan(error):
        return StoreConflict("The transaction lost a race with another one.")
    if error.connection_invalidated or state in _OUTAGES or state.startswith("08"):
        return StoreUnavailable("The database is out of reach or overloaded.")
    return None


def _is_stale_plan(error: DBAPIError) -> bool:
    """Whether a migration changed a table under a prepared statement; the next try prepares it anew."""
    return type(error.orig).__name__ == "InvalidCachedStatementError"
