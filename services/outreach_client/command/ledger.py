"""`outreach ledger`: puts the send ledger in order after its database was restored to an earlier moment.

A restored ledger has forgotten what it sent since. It refuses orders until it is fenced: rows that were due become
UNCERTAIN, and the names of campaigns that reporting has heard of since are never given again.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import TextIO

from google.protobuf.timestamp_pb2 import Timestamp

from outreach.audience.v1.channel_pb2 import ListChannelsRequest
from outreach.delivery.v1.ledger_pb2 import (
    FenceLedgerRequest,
    GetLedgerStateRequest,
    LedgerState,
)
from outreach.reporting.v1.report_pb2 import CampaignReport, ListCampaignReportsRequest
from outreach_client.command.services import Services

NAMES_PER_CALL = 1000
PAGE_SIZE = 1000

MARGIN = timedelta(days=1)
"""Reports of campaigns that began so long before the restored moment are named too: names that the ledger knows do no
harm, and clocks differ."""

FENCE_TIMEOUT_S = 600.0
"""The last call of a fence turns every row that was due; it is not repeated when nobody waits for it any more."""


class FenceError(Exception):
    """The ledger can't be fenced now, or not without more being said."""


async def show_state(services: Services, out: TextIO) -> None:
    """Write whether the ledger needs a fence; raises `RemoteError`."""
    _write_state(await services.ledger.GetLedgerState(GetLedgerStateRequest()), out)


async def fence(services: Services, restore_time: datetime | None, out: TextIO) -> None:
    """Fence the ledger, and write what was done; to be repeated from the start when it fails.

    Args:
        services: where to.
        restore_time: the moment to which the database was restored, or an earlier one, aware; None = the latest change
            that the ledger holds.
        out: takes a line for each step.

    Raises:
        FenceError: the ledger is being checked, or `restore_time` is None and the ledger holds no change.
        RemoteError: a call failed; the ledger is closed still, and keeps the names that it was given.

    """
    state = await services.ledger.GetLedgerState(GetLedgerStateRequest())
    _write_state(state, out)
    if state.state == LedgerState.CHECKING:
        raise FenceError("Whether the ledger needs a fence is not known yet; ask again in a moment.")
    if not state.fence_required and restore_time is None:
        out.write("Nothing to do.\n")
        return
    since = restore_time or _read_last_change(state)
    out.write(f"Fencing what happened since {since.isoformat()}.\n")
    refused, uncertain = 0, 0
    async for names, is_last in _batch(_list_campaigns(services, since - MARGIN, out)):
        request = FenceLedgerRequest(restore_time=_to_stamp(since), campaigns=names, complete=is_last)
        done = await services.ledger.FenceLedger(request, timeout=FENCE_TIMEOUT_S)
        refused += done.refused_name_count
        uncertain += done.uncertain_campaign_count
    out.write(f"Names that the ledger had forgotten and refuses from now on: {refused}.\n")
    out.write(f"Campaigns that became UNCERTAIN, for a person to decide: {uncertain}.\n")
    out.write("The ledger takes orders again.\n")


async def _batch(names: AsyncIterator[str]) -> AsyncIterator[tuple[list[str], bool]]:
    """Give names in parts of what one call takes, each with whether it is the last; at least one part."""
    batch: list[str] = []
    async for name in names:
        if len(batch) == NAMES_PER_CALL:
            yield batch, False
            batch = []
        batch.append(name)
    yield batch, True


async def _list_campaigns(services: Services, begin: datetime, out: TextIO) -> AsyncIterator[str]:
    """Give the campaigns of all channels that reporting first heard of at `begin` or later."""
    async for channel in _list_channels(services):
        count = 0
        async for report in _list_reports(services, channel):
            if report.start_time.ToDatetime(UTC) < begin:
                break
            count += 1
            yield report.campaign
        out.write(f"{channel}: {count} named.\n")


async def _list_channels(services: Services) -> AsyncIterator[str]:
    request = ListChannelsRequest(page_size=PAGE_SIZE)
    while True:
        page = await services.channels.ListChannels(request)
        for channel in page.channels:
            yield channel.name
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


async def _list_reports(services: Services, channel: str) -> AsyncIterator[CampaignReport]:
    """Give a channel's reports, the newest campaign first."""
    request = ListCampaignReportsRequest(parent=channel, page_size=PAGE_SIZE)
    while True:
        page = await services.reports.ListCampaignReports(request)
        for report in page.campaign_reports:
            yield report
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def _write_state(state: LedgerState, out: TextIO) -> None:
    out.write(f"{_describe(state)}\n")
    if state.HasField("notice_time"):
        out.write(f"That its database server has changed was noticed: {_to_text(state.notice_time)}.\n")
    if state.HasField("last_change_time"):
        out.write(f"The latest change that it holds: {_to_text(state.last_change_time)}.\n")


def _describe(state: LedgerState) -> str:
    if state.state == LedgerState.CHECKING:
        return "The ledger is being checked; ask again in a moment."
    if not state.fence_required:
        return "The ledger needs no fence."
    # A newer release may have further reasons.
    reason = LedgerState.Reason.DESCRIPTOR.values_by_number.get(state.reason)
    return f"The ledger needs a fence: {reason.name}." if state.reason and reason else "The ledger needs a fence."


def _read_last_change(state: LedgerState) -> datetime:
    if not state.HasField("last_change_time"):
        raise FenceError("The ledger is empty; say to which moment it was restored, with --restore-time.")
    return state.last_change_time.ToDatetime(UTC)


def _to_text(stamp: Timestamp) -> str:
    return stamp.ToDatetime(UTC).isoformat()


def _to_stamp(time: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp
