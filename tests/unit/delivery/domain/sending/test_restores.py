"""What closes a ledger whose database server has changed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from delivery.domain.sending.restores import (
    LONGEST_SILENCE,
    Doubt,
    Inspection,
    LedgerState,
    Server,
    StreamTestimony,
    judge,
)
from tests.strategies.rows import START

MOMENT = timedelta(microseconds=1)
SERVER = Server("7001", "00000001", START)


def inspect(present: Server, doubt: Doubt | None = None) -> Inspection:
    """Say what is known of a ledger that was in order on `SERVER`."""
    return Inspection(1, SERVER, present, place=None, silence=MOMENT, doubt=doubt)


@pytest.mark.parametrize(
    "present",
    [
        replace(SERVER, system_identifier="7002"),
        replace(SERVER, timeline="00000002"),
        replace(SERVER, start_time=START + MOMENT),
    ],
    ids=["another cluster", "promoted or recovered", "restarted"],
)
def test_any_change_of_the_server_is_checked(present: Server) -> None:
    """A dump lies in another cluster, a recovery begins another timeline, a copy of the files at least starts anew."""
    assert inspect(present).state is LedgerState.CHECKING
    assert inspect(SERVER).state is LedgerState.OPEN


def test_a_doubt_outlives_the_change() -> None:
    """A ledger that is closed stays so, whichever server it comes up on."""
    assert inspect(SERVER, Doubt.EVENTS_FORGOTTEN).state is LedgerState.CLOSED


@pytest.mark.parametrize(
    ("testimony", "doubt"),
    [
        (StreamTestimony.FORGOTTEN, Doubt.EVENTS_FORGOTTEN),
        (StreamTestimony.LOST, Doubt.STREAM_LOST),
        (StreamTestimony.NONE, Doubt.STREAM_UNREACHABLE),
        (StreamTestimony.KNOWN, None),
    ],
)
def test_the_stream_decides(testimony: StreamTestimony, doubt: Doubt | None) -> None:
    """Only a stream that knows nothing that the ledger does not know opens it."""
    assert judge(testimony, silence=MOMENT, calls_due=True) is doubt


@pytest.mark.parametrize("calls_due", [True, False])
@pytest.mark.parametrize("beyond", [timedelta(0), MOMENT])
def test_a_long_silence_is_doubted_where_calls_were_due(
    beyond: timedelta,
    calls_due: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """A call that left no event is one that LINE may have taken under a key as old as the silence is long (I3)."""
    doubt = judge(StreamTestimony.KNOWN, silence=LONGEST_SILENCE + beyond, calls_due=calls_due)

    assert doubt is (Doubt.SILENT_TOO_LONG if calls_due and beyond else None)


def test_only_a_silent_stream_may_speak_later() -> None:
    """Whatever else closes the ledger needs a person."""
    assert [doubt for doubt in Doubt if not doubt.is_final] == [Doubt.STREAM_UNREACHABLE]
