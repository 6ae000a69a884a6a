"""Requests that must fail, and how; none of them may be a fault of the service (requirement N4)."""

import time
from typing import Any

import grpc
import pytest

from kit.paging import write_page_token
from outreach.reporting.v1.report_pb2 import GetCampaignReportRequest, ListCampaignReportsRequest
from outreach.reporting.v1.report_pb2_grpc import ReportServiceStub
from outreach_client.errors import RemoteError
from tests.integration.reporting.serving import ACME, MAY, Served

NAMES = ("", "acme", "channels/", "channels/A", "channels/acme/", "channels/ac\0me", "channels/../x", "チャネル")
REPORT_NAMES = (*NAMES, MAY, f"{MAY}/report/", f"{ACME}/report", f"{ACME}/campaigns/M/report", f"{MAY}/reports")

GET = GetCampaignReportRequest(name=f"{MAY}/report")
LIST = ListCampaignReportsRequest(parent=ACME)


def forge(cursor: str | int) -> str:
    """Return a page token of our own making, which nothing but its content gives away."""
    return write_page_token(cursor, {"list": "campaignReports", "parent": ACME})


TOKENS = (
    "x",
    "!",
    "WzEsIngiXQ",
    "a" * 5000,
    "ページ",
    *map(forge, ("", " ", "1", f"x {MAY}", "1 channels/acme", f"{'9' * 30} {MAY}", f"-{'9' * 18} {MAY}")),
    forge(7),
)


async def fail(api: Any, request: Any) -> RemoteError:
    """Make a call that must fail, and return how."""
    call = api.GetCampaignReport if isinstance(request, GetCampaignReportRequest) else api.ListCampaignReports
    with pytest.raises(RemoteError) as failed:
        await call(request)
    return failed.value


MALFORMED: list[tuple[Any, set[str]]] = [
    *[(GetCampaignReportRequest(name=name), {"name"}) for name in REPORT_NAMES],
    *[(ListCampaignReportsRequest(parent=name), {"parent"}) for name in (*NAMES, MAY)],
    *[(ListCampaignReportsRequest(parent=ACME, page_token=token), {"page_token"}) for token in TOKENS],
    (ListCampaignReportsRequest(parent=ACME, page_size=-1), {"page_size"}),
    (ListCampaignReportsRequest(parent=MAY, page_size=-1, page_token="x"), {"parent", "page_size", "page_token"}),
]


async def test_malformed_fields(api: Any) -> None:
    """Every bad field of a request is named, and nothing else."""
    found = [(await fail(api, request), fields) for request, fields in MALFORMED]

    for error, fields in found:
        assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), fields
        assert {violation.field for violation in error.field_violations} == fields


async def test_page_token_of_another_channel(api: Any) -> None:
    """A page token serves only for the channel that it was given for."""
    token = write_page_token(f"1 {MAY}", {"list": "campaignReports", "parent": "channels/other"})
    error = await fail(api, ListCampaignReportsRequest(parent=ACME, page_token=token))

    assert [violation.field for violation in error.field_violations] == ["page_token"]


async def test_earliest_page(api: Any) -> None:
    """A well-formed position before all campaigns gives an empty page."""
    position = f"{-62_135_596_800_000_000} {MAY}"
    page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME, page_token=forge(position)))

    assert (list(page.campaign_reports), page.next_page_token) == ([], "")


async def test_largest_pages(api: Any) -> None:
    """A page size beyond the maximum is taken for the maximum."""
    page = await api.ListCampaignReports(ListCampaignReportsRequest(parent=ACME, page_size=2**31 - 1))

    assert list(page.campaign_reports) == []


async def test_unknown_campaign(api: Any) -> None:
    """A campaign that nothing is known of is NOT_FOUND under the name that was asked for."""
    error = await fail(api, GET)

    assert (error.code, error.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert error.metadata == {"name": GET.name}


async def test_callers_of_another_channel(served: Served) -> None:
    """A caller of another channel is refused, whether what it asks for exists or not."""
    async with served.call_as(scope="report.read", channels=["other"]) as stranger:
        errors = [await fail(stranger, request) for request in (GET, LIST)]

    assert {(error.code, error.reason) for error in errors} == {
        (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
    }


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(time.time()) - 10}, "UNAUTHENTICATED"),
        ({"iss": "https://other.test"}, "UNAUTHENTICATED"),
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"scope": "audience.read"}, "SCOPE_MISSING"),
        ({"scope": None}, "SCOPE_MISSING"),
    ],
)
async def test_bad_tokens(served: Served, claims: dict[str, Any], reason: str) -> None:
    """An untrustworthy token, and one without the scope, are refused."""
    async with served.call_as(**{"scope": "report.read", "channels": "*", **claims}) as api:
        errors = [await fail(api, request) for request in (GET, LIST)]

    assert {error.reason for error in errors} == {reason}


async def test_missing_token(served: Served) -> None:
    """A call without a token is UNAUTHENTICATED."""
    async with grpc.aio.insecure_channel(served.address) as channel:
        stub: Any = ReportServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.GetCampaignReport(GET)

    assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
