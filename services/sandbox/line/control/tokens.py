"""Control of tokens: what a developer does in LINE's console (LP 2.1, 2.3)."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, serve
from sandbox.line.control.scope import CHANNEL, find_channel
from sandbox.line.platform import Line

LONGEST_OVERLAP_HOURS = 24


def routes(line: Line) -> list[web.RouteDef]:
    """Return the control routes of tokens."""
    face = _Control(line)
    return [
        web.get(CHANNEL + "/assertion-keys", serve(face.read_keys)),
        web.post(CHANNEL + "/assertion-keys", serve(face.register_key)),
        web.post(CHANNEL + "/long-lived-token", serve(face.reissue)),
    ]


class _Control:
    """The handlers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def read_keys(self, document: Document) -> Any:
        return {"kids": self._line.assertion_keys.kids(find_channel(self._line, document))}

    def register_key(self, document: Document) -> Any:
        """Register a public key: `jwk`; answer the `kid` to put into assertions."""
        channel = find_channel(self._line, document)
        kid = self._line.new_request_id()
        self._line.assertion_keys.register(channel, document.require("jwk", dict), kid)
        return {"kid": kid}

    def reissue(self, document: Document) -> Any:
        """Issue the long-lived token anew; the old one lives on for `old_hours`, 0 to 24."""
        channel, now = find_channel(self._line, document), self._line.now()
        hours = document.read("old_hours", float, default=0)
        if not 0 <= hours <= LONGEST_OVERLAP_HOURS:
            raise ControlError(f"old_hours: 0 to {LONGEST_OVERLAP_HOURS}")
        for old in self._line.tokens.valid(channel, "long_lived", now):
            latest = now + timedelta(hours=hours)
            old.expires = latest if old.expires is None else min(old.expires, latest)
        token = self._line.tokens.issue("long_lived", channel, now=now, seconds=None)
        return {"access_token": token.text}
