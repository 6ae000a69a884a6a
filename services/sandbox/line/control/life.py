"""Control of people over time: their life, and single visits and tags."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, serve
from sandbox.line.control.scope import CHANNEL, find_channel, read_people
from sandbox.line.model import Account
from sandbox.line.people.life import Life, live
from sandbox.line.people.traces import LONGEST_WINDOW_DAYS
from sandbox.line.platform import Line
from sandbox.line.times import read_japanese_day

_RULE_KINDS = {"page": ("WEBTRAFFIC", "TRACKINGTAG_WEBTRAFFIC"), "tag": ("CHAT_TAG",), "path": ("FRIEND_PATH",)}


def routes(line: Line) -> list[web.RouteDef]:
    """Return the control routes of life."""
    face = _Control(line)
    return [
        web.post(CHANNEL + "/life", serve(face.begin)),
        web.get(CHANNEL + "/traces", serve(face.read_traces)),
        web.post(CHANNEL + "/visits", serve(face.visit)),
        web.post(CHANNEL + "/tags", serve(face.tag)),
        web.delete(CHANNEL + "/tags", serve(face.untag)),
        web.post(CHANNEL + "/paths", serve(face.come)),
    ]


def read_rule(account: Account, kind: str, rule: dict[str, Any]) -> Callable[[datetime], int]:
    """Return who an audience holds at a time: `page` (with `within_days`), `tag` or `path`, as its kind allows.

    Raises:
        ControlError: another rule, or one that the kind does not go by.

    """
    name = next((name for name in _RULE_KINDS if name in rule), None)
    if name is None or kind not in _RULE_KINDS[name] or not isinstance(rule[name], str):
        raise ControlError(f"rule: one of {list(_RULE_KINDS)} that goes with the kind")
    value, traces = rule[name], account.traces
    if name == "tag":
        return lambda _: traces.tags.get(value, 0)
    if name == "path":
        return lambda _: traces.paths.get(value, 0)
    days = rule.get("within_days", LONGEST_WINDOW_DAYS)
    if type(days) is not int or not 1 <= days <= LONGEST_WINDOW_DAYS:
        raise ControlError(f"rule.within_days: 1 to {LONGEST_WINDOW_DAYS}")
    return lambda time: traces.visitors(value, today=read_japanese_day(time), within_days=days)


class _Control:
    """The handlers."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def begin(self, document: Document) -> Any:
        """Let the OA's people live: the fields of `Life`."""
        account = find_channel(self._line, document).account
        self._line.settle()
        live(self._line, account, Life.from_json(document.body))
        return {}

    def read_traces(self, document: Document) -> Any:
        """Count who came by each path and who has each tag."""
        self._line.settle()
        traces = find_channel(self._line, document).account.traces
        shown = {"paths": traces.paths, "tags": traces.tags}
        return {kind: {name: people.bit_count() for name, people in sets.items()} for kind, sets in shown.items()}

    def visit(self, document: Document) -> Any:
        """Let people be seen on `page` now."""
        account, people = self._read(document)
        day = read_japanese_day(self._line.now())
        account.traces.visit(document.require("page", str), people, day=day)
        return {"people": people.bit_count()}

    def tag(self, document: Document) -> Any:
        """Give people the chat tag `tag`."""
        account, people = self._read(document)
        account.traces.tag(document.require("tag", str), people)
        return {"people": people.bit_count()}

    def untag(self, document: Document) -> Any:
        """Take the chat tag `tag` from people."""
        account, people = self._read(document)
        account.traces.untag(document.require("tag", str), people)
        return {"people": people.bit_count()}

    def come(self, document: Document) -> Any:
        """Note that people came by the friend path `path`."""
        account, people = self._read(document)
        account.traces.come(document.require("path", str), people)
        return {"people": people.bit_count()}

    def _read(self, document: Document) -> tuple[Account, int]:
        channel = find_channel(self._line, document)
        self._line.settle()
        return channel.account, read_people(self._line, channel, document, among=channel.account.population.friends)
