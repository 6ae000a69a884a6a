"""Whether the ledger may have forgotten what was sent: what tells of a restored database, and what follows from it.

A restored database always comes up in a server that was started since. So whenever the server under the ledger is
another one than before, or the same one started anew, nothing is sent until the service's stream of events, which did
not go back with the database, has told whether the ledger knows all that was published. A failover that lost nothing
passes this by itself; what does not pass is closed until an operator fences it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

LONGEST_SILENCE = timedelta(minutes=10)
"""How long before the change the ledger may have been looked at last, where calls to LINE were due.

The stream tells of calls by their outcome alone. What may have been called and forgotten within this time meets its own
retry key again, at the latest 23 h + 10 min after it was first used, while LINE keeps keys for 24 h (I3).
"""

DUE_MARGIN = timedelta(minutes=1)
"""By how much the clocks of two replicas may differ when it is asked which calls could have been due."""


@dataclass(frozen=True, slots=True)
class Server:
    """The database server under the ledger.

    Attributes:
        system_identifier: Of its cluster, from `initdb`: a dump that is restored elsewhere lies in another one.
        timeline: Of its write-ahead log, 8 hexadecimal digits: a point-in-time recovery or a promotion begins another.
            Empty while the server recovers, or follows another one.
        start_time: When it was started, by its own clock: a copy of its files keeps all else.

    """

    system_identifier: str
    timeline: str
    start_time: datetime

    @property
    def is_writable(self) -> bool:
        """Whether anything can be noted there; a standby only shows what another server has written."""
        return bool(self.timeline)


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """A place in a stream of events: which stream it is, and the number of the last event before the place."""

    incarnation: str
    sequence: int


WHEREVER = StreamPlace(incarnation="", sequence=0)
"""Stands for a place that was not to be had; from the next look on it is where the stream ends then."""


class StreamTestimony(Enum):
    """What the stream tells of the ledger."""

    KNOWN = "the ledger knows every event that was published since"
    FORGOTTEN = "the stream holds an event that the ledger does not know"
    LOST = "the stream is another one, or has dropped events that could tell"
    NONE = "the stream can't be asked"


class Doubt(Enum):
    """Why the ledger is closed; named like `LedgerState.Reason`."""

    EVENTS_FORGOTTEN = "EVENTS_FORGOTTEN"
    STREAM_LOST = "STREAM_LOST"
    STREAM_UNREACHABLE = "STREAM_UNREACHABLE"
    SILENT_TOO_LONG = "SILENT_TOO_LONG"

    @property
    def is_final(self) -> bool:
        """Whether only a person can end it; a stream that can't be asked may answer later."""
        return self is not Doubt.STREAM_UNREACHABLE


class LedgerState(Enum):
    """Whether the ledger takes orders and calls LINE; named like `LedgerState.State`."""

    OPEN = "OPEN"
    CHECKING = "CHECKING"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known of the ledger's database, and of what it was when all was in order.

    Attributes:
        version: Counts the changes of the rest; who writes names it.
        server: The server when all was in order.
        present: The server now.
        place: Up to where the stream's events are the ledger's; None while the stream was never looked at.
        silence: From the last moment at which all was in order until the change was noticed, machine time.
        notice_time: When a change was noticed, business time; None while all is in order.
        doubt: Why the ledger is closed; None while it is not.

    """

    version: int
    server: Server
    present: Server
    place: StreamPlace | None
    silence: timedelta
    notice_time: datetime | None = None
    doubt: Doubt | None = None

    @property
    def state(self) -> LedgerState:
        """Whether the ledger is open."""
        if self.doubt is not None:
            return LedgerState.CLOSED
        return LedgerState.OPEN if self.server == self.present else LedgerState.CHECKING


def judge(testimony: StreamTestimony, *, silence: timedelta, calls_due: bool) -> Doubt | None:
    """Return why a ledger whose server has changed must be closed; None when it has surely forgotten no call.

    `calls_due` tells whether the ledger, as it is, may have had something to call LINE for in the meantime.
    """
    match testimony:
        case StreamTestimony.FORGOTTEN:
            return Doubt.EVENTS_FORGOTTEN
        case StreamTestimony.LOST:
            return Doubt.STREAM_LOST
        case StreamTestimony.NONE:
            return Doubt.STREAM_UNREACHABLE
    return Doubt.SILENT_TOO_LONG if calls_due and silence > LONGEST_SILENCE else None
