"""The control face: health, clock, read-back and faults, on paths that no vendor has."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from sandbox.clock import Clock
from sandbox.faults import Fault, FaultPlan
from sandbox.journal import Journal

ROOT = "/_control"


class ControlError(ValueError):
    """A control request that makes no sense; the text says which field and why."""


class MissingError(LookupError):
    """A control request for something that is not there."""


@dataclass(frozen=True, slots=True)
class Document:
    """A control request: JSON body (an object, empty when there is none), query and parts of the path."""

    body: dict[str, Any]
    query: MultiMapping[str]
    parts: Mapping[str, str]

    def read(self, name: str, kind: type, *, default: Any = None) -> Any:
        """Return a field of the body, `default` when absent.

        Raises:
            ControlError: it is of another type; a float takes integers, nothing but a bool takes true and false.

        """
        value = self.body.get(name)
        if value is None:
            return default
        accepted = (int, float) if kind is float else kind
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise ControlError(f"{name}: a {kind.__name__} is expected")
        return value

    def require(self, name: str, kind: type) -> Any:
        """Return a field that must be there."""
        value = self.read(name, kind)
        if value is None:
            raise ControlError(f"{name}: is required")
        return value

    def read_strings(self, name: str) -> list[str] | None:
        """Return a field that is an array of strings, None when absent."""
        values = self.read(name, list)
        if values is not None and not all(isinstance(value, str) for value in values):
            raise ControlError(f"{name}: an array of strings is expected")
        return None if values is None else list(values)


Action = Callable[[Document], Any]


def serve(action: Action) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a web handler that answers what `action` returns, 400 for a ValueError and 404 for a MissingError."""

    async def handle(request: web.Request) -> web.Response:
        try:
            body = await request.json() if request.can_read_body else {}
            if not isinstance(body, dict):
                raise ControlError("the body must be a JSON object")
            return web.json_response(action(Document(body, request.query, request.match_info)))
        except MissingError as error:
            return web.json_response({"message": str(error)}, status=404)
        # A value of another type than the action expects is the caller's mistake as well.
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            return web.json_response({"message": str(error)}, status=400)

    return handle


def routes(clock: Clock, journal: Journal, faults: FaultPlan) -> list[web.RouteDef]:
    """Return the control routes that both vendors share."""
    face = _Control(clock, journal, faults)
    return [
        web.get(ROOT + "/health", serve(face.read_health)),
        web.get(ROOT + "/clock", serve(face.read_clock)),
        web.post(ROOT + "/clock", serve(face.set_clock)),
        web.get(ROOT + "/requests", serve(face.read_requests)),
        web.delete(ROOT + "/requests", serve(face.clear_requests)),
        web.get(ROOT + "/faults", serve(face.read_faults)),
        web.post(ROOT + "/faults", serve(face.add_faults)),
        web.delete(ROOT + "/faults", serve(face.clear_faults)),
    ]


class _Control:
    """The handlers."""

    def __init__(self, clock: Clock, journal: Journal, faults: FaultPlan) -> None:
        self._clock = clock
        self._journal = journal
        self._faults = faults

    def read_health(self, _: Document) -> Any:
        return {"status": "SERVING"}

    def read_clock(self, _: Document) -> Any:
        clock = self._clock
        return {"now": clock.now().isoformat(), "offset_seconds": clock.offset_seconds, "speed": clock.speed}

    def set_clock(self, document: Document) -> Any:
        """Take any of `speed`, and one of `now`, `offset_seconds`, `advance_seconds`."""
        speed = document.read("speed", float)
        if speed is not None:
            self._clock.run_at(speed)
        now = document.read("now", str)
        offset = document.read("offset_seconds", float)
        advance = document.read("advance_seconds", float)
        try:
            if now is not None:
                self._clock.move_to(_read_instant(now))
            elif offset is not None:
                self._clock.set_offset(offset)
            elif advance is not None:
                self._clock.advance(advance)
        except OverflowError as error:
            raise ControlError("the clock cannot go that far") from error
        return self.read_clock(document)

    def read_requests(self, document: Document) -> Any:
        """Filter by `method`, `path` (exact, or a prefix that ends in `*`) and `channel` (a LINE channel's id)."""
        found = self._journal.find(**{name: document.query.get(name) for name in ("method", "path", "channel")})
        return {"requests": [entry.to_json() for entry in found]}

    def clear_requests(self, _: Document) -> Any:
        self._journal.clear()
        return {}

    def read_faults(self, _: Document) -> Any:
        return {"faults": self._faults.to_json()}

    def add_faults(self, document: Document) -> Any:
        """Take one fault, or several under `faults`; all or none are planned."""
        given = document.read("faults", list, default=[document.body])
        if not all(isinstance(fault, dict) for fault in given):
            raise ControlError("faults: an array of objects is expected")
        for fault in [Fault.from_json(fault) for fault in given]:
            self._faults.add(fault)
        return self.read_faults(document)

    def clear_faults(self, _: Document) -> Any:
        self._faults.clear()
        return {}


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ControlError("now: a time with a zone is expected")
    return instant
