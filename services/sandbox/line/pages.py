"""Reading which page of a list a call asks for: `limit`, and a `start` token of 24 h (LP 6.4, 7.3)."""

from sandbox.line.endpoint import Call
from sandbox.line.errors import LineError
from sandbox.line.platform import Line

_MOST_DIGITS = 9


def read_limit(call: Call, *, default: int, largest: int) -> int:
    """Return how many entries a page may have.

    Raises:
        LineError: 400 unless 1 to `largest`.

    """
    text = call.query.get("limit", str(default))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:_MOST_DIGITS]) <= largest:
        raise LineError(400, "The value for the 'limit' parameter is invalid")
    return int(text)


def read_start(line: Line, call: Call) -> int:
    """Return the place at which the page begins, 0 without a token.

    Raises:
        LineError: 400 for a token that is made up or too old.

    """
    token = call.query.get("start")
    if token is None:
        return 0
    place = line.page_tokens.open(token, line.now())
    if place is None:
        raise LineError(400, "Invalid start param")
    return place
