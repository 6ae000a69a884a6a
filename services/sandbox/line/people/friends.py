"""The ids of an OA's friends, page by page (LP 6.4)."""

from itertools import islice
from typing import Any

from sandbox import bits
from sandbox.line.endpoint import Answer, Call, Endpoint
from sandbox.line.errors import LineError
from sandbox.line.pages import read_limit, read_start
from sandbox.line.platform import Line

DEFAULT_PAGE, LARGEST_PAGE = 300, 1_000


def read_ids(line: Line, call: Call) -> Answer:
    """Answer friends who do not block and have consented, in order of arrival.

    With the switch `short_follower_pages` a page stands for `limit` people of whom some are left out, so that it may
    be short although `next` is there.
    """
    account = call.channel.account
    if not account.standing.lists_followers:
        raise LineError(403, "Access to this API is not available for your account")
    limit, start = read_limit(call, default=DEFAULT_PAGE, largest=LARGEST_PAGE), read_start(line, call)
    population = account.population
    shown = population.deliverable & population.consented
    counted = population.everyone if line.settings.short_follower_pages else shown
    page = list(islice(bits.members(counted >> start), limit + 1))
    people = bits.of(start + place for place in page[:limit]) & shown
    answer: dict[str, Any] = {"userIds": population.name(people)}
    if len(page) > limit:
        answer["next"] = line.page_tokens.issue(start + page[limit], line.now())
    return Answer(answer)


ENDPOINTS = (Endpoint("GET", "/v2/bot/followers/ids", read_ids),)
