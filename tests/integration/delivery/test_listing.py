"""`ListSends` over gRPC: fields are checked, pages follow one another, and their cost does not grow with history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy.dialects import postgresql

from delivery.adapters.store.sends import select_sends
from delivery.application.line_port import RefusalKind, Refused
from delivery.application.ports import PagePosition
from outreach.delivery.internal.v1 import send_list_pb2 as pb
from outreach.delivery.v1.campaign_pb2 import Campaign
from outreach_client.errors import RemoteError
from tests.integration.delivery.handling import CHANNEL, Delivery
from tests.integration.delivery.serving import OPERATOR, REPORTING, Api, Served

BEGINNING = Timestamp()
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
async def reporting(served: Served) -> Any:
    """Give stubs for the reporting service."""
    async with served.call_as(**REPORTING) as api:
        yield api


async def list_sends(api: Api, **changes: Any) -> Any:
    """Ask for a page of all sends, but for the changes."""
    return await api.sends.ListSends(pb.ListSendsRequest(**{"since_time": BEGINNING, **changes}))


def at(time: datetime) -> Timestamp:
    """Return a proto's time."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


async def test_pages_follow_one_another(delivery: Delivery, reporting: Api) -> None:
    """By the last change, then by name: nothing twice and nothing left out, also where changes have one time."""
    names = []
    for number in range(5):
        delivery.clock.advance(MINUTE if number % 2 else timedelta(0))
        names.append(await delivery.create())
        await delivery.order(names[-1])
    sizes, found, token = [], [], ""
    while True:
        page = await list_sends(reporting, page_size=2, page_token=token)
        sizes.append(len(page.sends))
        found += [send.campaign for send in page.sends]
        token = page.next_page_token
        if not token:
            break

    assert sizes == [2, 2, 1]
    assert found == names


async def test_a_change_while_pages_are_read_comes_again(delivery: Delivery, reporting: Api) -> None:
    """It moves to the end of the list, as it is then."""
    names = [await delivery.create() for _ in range(3)]
    for name in names:
        await delivery.order(name)
    first = await list_sends(reporting, page_size=2)
    delivery.clock.advance(MINUTE)
    await delivery.cancel(names[0])
    second = await list_sends(reporting, page_size=2, page_token=first.next_page_token)

    assert [send.campaign for send in first.sends] == names[:2]
    assert [(send.campaign, send.state) for send in second.sends] == [
        (names[2], Campaign.SENDING),
        (names[0], Campaign.CANCELLED),
    ]


async def test_a_send_is_told_in_outline(delivery: Delivery, reporting: Api) -> None:
    """States, times and LINE's ids; who took the acceptance's time, we or LINE, is told."""
    name = await delivery.send()
    (ours,) = (await list_sends(reporting)).sends
    delivery.clock.advance(MINUTE)
    await delivery.follow()
    ordered = delivery.clock.now() - MINUTE
    (theirs,) = (await list_sends(reporting)).sends

    assert ours == pb.Send(
        campaign=name,
        state=Campaign.SENDING,
        order_time=at(ordered),
        accept_time=at(ordered),
        line_request_ids=["line-request-1"],
        update_time=at(ordered),
    )
    assert (theirs.accept_time, theirs.accept_time_confirmed) == (at(ordered), True)


async def test_an_uncertain_send_and_a_failed_one_are_told(delivery: Delivery, reporting: Api) -> None:
    """A failure has its reason."""
    uncertain = await delivery.lose()
    (lost,) = (await list_sends(reporting)).sends
    delivery.clock.advance(MINUTE)
    delivery.line.answer_next(Refused(RefusalKind.REQUEST_REFUSED, "400"))
    await delivery.send()
    (_, refused) = (await list_sends(reporting)).sends

    assert (lost.campaign, lost.state) == (uncertain, Campaign.UNCERTAIN)
    assert lost.failure == Campaign.Failure.REASON_UNSPECIFIED
    assert lost.complete_time == at(delivery.clock.now() - MINUTE)
    assert (refused.state, refused.failure) == (Campaign.FAILED, Campaign.Failure.REQUEST_REFUSED)


async def test_since_is_included(delivery: Delivery, reporting: Api) -> None:
    """What changed at that very moment is listed, what changed before is not."""
    name = await delivery.create()
    await delivery.order(name)
    now = delivery.clock.now()
    included = await list_sends(reporting, since_time=at(now), channel=CHANNEL)
    excluded = await list_sends(reporting, since_time=at(now + timedelta(microseconds=1)))

    assert [send.campaign for send in included.sends] == [name]
    assert list(excluded.sends) == []


async def test_pages_have_a_largest_size(delivery: Delivery, reporting: Api) -> None:
    """More than 500 are 500, none named is 100."""
    name = await delivery.create()
    await delivery.order(name)
    await copy_orders(delivery, 600)
    largest = await list_sends(reporting, page_size=10_000)
    default = await list_sends(reporting)

    assert (len(largest.sends), len(default.sends)) == (500, 100)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"since_time": None}, "since_time"),
        ({"since_time": Timestamp(seconds=2**40)}, "since_time"),
        ({"since_time": Timestamp(nanos=-1)}, "since_time"),
        ({"channel": "acme"}, "channel"),
        ({"channel": "channels/A"}, "channel"),
        ({"channel": f"{CHANNEL}/campaigns/may"}, "channel"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": "bm8"}, "page_token"),
    ],
)
async def test_each_bad_field_is_named(reporting: Api, changes: dict[str, Any], field: str) -> None:
    """INVALID_ARGUMENT names it (N4)."""
    with pytest.raises(RemoteError) as failed:
        await list_sends(reporting, **changes)

    assert (failed.value.code, failed.value.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert [violation.field for violation in failed.value.field_violations] == [field]


async def test_a_token_is_bound_to_the_other_arguments(delivery: Delivery, reporting: Api) -> None:
    """It is good for the page after its own alone (AIP-158)."""
    for _ in range(2):
        await delivery.order(await delivery.create())
    page = await list_sends(reporting, page_size=1)
    for changes in ({"channel": CHANNEL}, {"since_time": at(delivery.clock.now() - DAY)}):
        with pytest.raises(RemoteError) as failed:
            await list_sends(reporting, page_token=page.next_page_token, **changes)

        assert [violation.field for violation in failed.value.field_violations] == ["page_token"]


async def test_the_list_is_for_our_own_services(served: Served) -> None:
    """A caller's token does not open it, whatever its scopes; delivery itself has no use for it."""
    for claims in (OPERATOR, {**REPORTING, "sub": "service:delivery"}):
        async with served.call_as(**claims) as api:
            with pytest.raises(RemoteError) as failed:
                await list_sends(api)

        assert failed.value.code is grpc.StatusCode.PERMISSION_DENIED
    async with served.call_as(**{**REPORTING, "sub": "service:audience"}) as api:
        assert list((await list_sends(api)).sends) == []


async def copy_orders(delivery: Delivery, count: int) -> None:
    """Store that many more orders like the last one, of ten channels, a second apart from 2020 on."""
    await delivery.connection.execute(
        """
        INSERT INTO campaigns (name, channel, display_name, targeting, messages, content, notification_disabled, state,
            revision, version, acknowledgements, create_time, update_time, order_time)
        SELECT 'channels/c' || n % 10 || '/campaigns/x' || n, 'channels/c' || n % 10, display_name, targeting,
            messages, content, notification_disabled, state, revision, version, acknowledgements, create_time,
            '2020-01-01Z'::timestamptz + n * interval '1 second', order_time
        FROM (SELECT * FROM campaigns WHERE order_time IS NOT NULL LIMIT 1) AS one, generate_series(1, $1) AS n
        """,
        count,
    )
    await delivery.connection.execute(
        """
        INSERT INTO send_requests (name, campaign, state, generation, in_doubt, attempt_count, claim_number)
        SELECT name || '/requests/1', name, 'DELIVERED', 1, false, 0, 0 FROM campaigns WHERE name LIKE '%/x%'
        """
    )
    await delivery.connection.execute("ANALYZE")


@pytest.mark.parametrize("channel", [None, "channels/c7"])
@pytest.mark.parametrize("continued", [True, False])
async def test_a_page_costs_the_same_whatever_there_is_before_it(
    delivery: Delivery,
    channel: str | None,
    continued: bool,  # noqa: FBT001 - drawn by name
) -> None:
    """An index leads to its first entry, and no more campaigns are read than it holds."""
    await delivery.order(await delivery.create())
    await copy_orders(delivery, 5_000)
    since = datetime(2020, 1, 1, 1, tzinfo=UTC)
    after = PagePosition(since, "channels/c7/campaigns/x") if continued else None
    query = select_sends(channel, since=since, after=after, size=20)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    sql = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    lines = await delivery.connection.fetch(f"EXPLAIN ANALYZE {sql}")
    plan = "\n".join(line[0] for line in lines)
    index = "campaigns_changed" if channel is None else "campaigns_changed_of_channel"

    assert f"using {index} on campaigns" in plan
    assert "Seq Scan" not in plan
    assert "Rows Removed by Filter" not in plan
