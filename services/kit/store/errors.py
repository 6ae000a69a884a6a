"""Failures of the store that callers handle by kind, free of any driver's type or text.

StoreError
├── StoreConflict      the transaction lost a race; running the whole unit of work again may succeed
└── StoreUnavailable   the database can't be reached or can't answer in time; says nothing about the work
    └── StoreRefusal   it is there and does not let us in, until an operator changes something
"""


class StoreError(Exception):
    """Base of the store's own failures.

    The message never holds a driver's text: PostgreSQL quotes row values in it (requirement N6, ST 2.4).
    """


class StoreConflict(StoreError):  # noqa: N818 - reads as the state that it reports, like gRPC's ABORTED
    """The transaction was rolled back for a serialization failure, a deadlock or a lock that came too late."""


class StoreUnavailable(StoreError):  # noqa: N818 - reads as the state that it reports, like gRPC's UNAVAILABLE
    """The database could not be reached, went away, or ran out of connections or time.

    When it is raised at a commit, whether the commit happened is unknown; a repeat must be safe (ST 1.12, ST 3.4).
    """


class StoreRefusal(StoreUnavailable):
    """The database does not know our role, password or database; the message says which, in our own words."""
