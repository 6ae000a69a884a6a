"""Listing and getting audiences, own and shared (LP 3.5)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

from lineapi.audience_group import AudienceDetail, AudiencePage, read_detail, read_page
from lineapi.errors import MalformedAnswerError
from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, Call, LINETransport

MAX_PAGE_SIZE = 40  # LP 3.3

MAX_PAGES = 250  # ten times what one channel may have (LP 3.3); an OA has those of all its channels

_LIST = "/v2/bot/audienceGroup/list"
_SHARED_LIST = "/v2/bot/audienceGroup/shared/list"


class AudiencesAPI:
    """`/v2/bot/audienceGroup/…`, 60/min for each endpoint (LP 1.6)."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def get(
        self, token: str, audience_group_id: int, *, shared: bool = False, within: float = LOOKUP_TIMEOUT
    ) -> AudienceDetail:
        """Get one audience with its jobs; `shared` asks for one that comes through Business Manager.

        Raises:
            NotFoundError: LINE knows no such audience (LINE itself says 400, LP trap 3).
            LINEError: any other outcome.

        """
        folder = "/v2/bot/audienceGroup/shared" if shared else "/v2/bot/audienceGroup"
        call = _look_up(f"{folder}/{audience_group_id}", token, {}, within)
        return await self._transport.ask(call, read_detail)

    async def list_page(
        self,
        token: str,
        *,
        page: int = 1,
        size: int = MAX_PAGE_SIZE,
        includes_external_public_groups: bool = True,
        within: float = LOOKUP_TIMEOUT,
    ) -> AudiencePage:
        """List one page of the OA's audiences, whoever made them.

        Args:
            token: channel access token.
            page: from 1.
            size: audiences a page, up to 40.
            includes_external_public_groups: False leaves out what other channels of the OA made.
            within: seconds for the whole call.

        Raises:
            LINEError: any outcome but success.

        """
        params = {
            "page": str(page),
            "size": str(size),
            "includesExternalPublicGroups": _write_flag(includes_external_public_groups),
        }
        call = _look_up(_LIST, token, params, within)
        return await self._transport.ask(call, read_page)

    async def list_shared_page(
        self,
        token: str,
        *,
        page: int = 1,
        size: int = MAX_PAGE_SIZE,
        includes_owned_audience_groups: bool = False,
        within: float = LOOKUP_TIMEOUT,
    ) -> AudiencePage:
        """List one page of the audiences shared through Business Manager; arguments as for `list_page`."""
        params = {
            "page": str(page),
            "size": str(size),
            "includesOwnedAudienceGroups": _write_flag(includes_owned_audience_groups),
        }
        call = _look_up(_SHARED_LIST, token, params, within)
        return await self._transport.ask(call, read_page)

    async def iterate_pages(self, token: str, *, within: float = LOOKUP_TIMEOUT) -> AsyncIterator[AudiencePage]:
        """Walk the pages of `list_page` in order; each is one call of at most `within` seconds.

        An audience may appear twice, or not at all, when others come or go during the walk: LINE documents no order.
        An empty page ends the walk whatever it says about a next one.

        Raises:
            LINEError: any outcome but success, at any page.
            MalformedAnswerError: pages do not end.

        """
        async for page in _walk(f"GET {_LIST}", lambda number: self.list_page(token, page=number, within=within)):
            yield page

    async def iterate_shared_pages(self, token: str, *, within: float = LOOKUP_TIMEOUT) -> AsyncIterator[AudiencePage]:
        """Walk the pages of `list_shared_page` in order, as `iterate_pages` does; what the OA owns is left out."""
        async for page in _walk(
            f"GET {_SHARED_LIST}", lambda number: self.list_shared_page(token, page=number, within=within)
        ):
            yield page


async def _walk(operation: str, read: Callable[[int], Awaitable[AudiencePage]]) -> AsyncIterator[AudiencePage]:
    for number in range(1, MAX_PAGES + 1):
        page = await read(number)
        yield page
        if not (page.has_next_page and (page.groups or page.unreadable)):
            return
    raise MalformedAnswerError(operation, problem="pages do not end", status=HTTPStatus.OK, request_id=None)


def _look_up(path: str, token: str, params: dict[str, str], within: float) -> Call:
    return Call(method="GET", path=path, token=token, params=params, within=within, attempts=LOOKUP_ATTEMPTS)


def _write_flag(value: bool) -> str:  # noqa: FBT001  # the value itself, not an option
    return "true" if value else "false"
