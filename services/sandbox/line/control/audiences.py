"""Control of audiences: any kind, state and members, as OA Manager or LINE Ads would make them."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.control import ControlError, Document, MissingError, serve
from sandbox.line.audiences.audience import (
    CREATE_ROUTES,
    FAILED_TYPES,
    KINDS,
    OWNER_SERVICES,
    RETENTION,
    STATUSES,
    Audience,
    Owner,
)
from sandbox.line.audiences.shown import show_audience
from sandbox.line.control.life import read_rule
from sandbox.line.control.scope import CHANNEL, find_channel, read_people
from sandbox.line.model import Channel
from sandbox.line.platform import Line

AUDIENCES = CHANNEL + "/audiences"
AUDIENCE = AUDIENCES + r"/{number:\d+}"
OLDEST_DAYS = 3_650
SHARED_ONLY_ROUTES = ("BUSINESS_MANAGER", "YAHOO_DISPLAY_ADS")


def routes(line: Line) -> list[web.RouteDef]:
    """Return the control routes of audiences."""
    face = _Control(line)
    return [
        web.get(AUDIENCES, serve(face.read_all)),
        web.post(AUDIENCES, serve(face.create)),
        web.get(AUDIENCE, serve(face.read)),
        web.post(AUDIENCE, serve(face.change)),
        web.delete(AUDIENCE, serve(face.delete)),
    ]


class _Control:
    """The handlers; an audience is shown with its true size beside the one LINE shows."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def read_all(self, document: Document) -> Any:
        channel = self._find_channel(document)
        return {"audiences": [self._describe(a) for a in self._line.list_audiences(channel.account)]}

    def read(self, document: Document) -> Any:
        """Show one audience, with its members when the query says `members=true`."""
        channel, audience = self._find(document)
        shown = self._describe(audience)
        if document.query.get("members") == "true":
            population = channel.account.population
            shown["user_ids"] = population.name(audience.people) + sorted(audience.outsiders)
        return shown

    def create(self, document: Document) -> Any:
        """Make an audience of `kind` and `name`, READY unless `status` says otherwise.

        Members: `user_ids`, or `count` or a `share` of the reachable friends (`share` of all friends, blocked ones
        included, with `with_blocked`). `age_days` makes it older; at 180 it is EXPIRED unless `expires` is false.
        `foreign` means that another OA shares it; only then two more values of `create_route` exist (LP 3.5).
        `ifas` makes an UPLOAD one of advertising ids.
        """
        channel = self._find_channel(document)
        population, now = channel.account.population, self._line.now()
        among = population.friends if document.read("with_blocked", bool) else population.deliverable
        created = now.replace(microsecond=0) - timedelta(days=_read_age(document))
        foreign = document.read("foreign", bool, default=False)
        routes = [route for route in CREATE_ROUTES if foreign or route not in SHARED_ONLY_ROUTES]
        route = _read_choice(document, "create_route", tuple(routes), "OA_MANAGER")
        audience = Audience(
            number=self._line.next_audience_number(),
            kind=_read_choice(document, "kind", KINDS, None),
            name=document.require("name", str),
            created=created,
            ready_at=created,
            channel_id=channel.channel_id if route == "MESSAGING_API" else "",
            create_route=route,
            permission=_read_choice(document, "permission", ("READ", "READ_WRITE"), "READ_WRITE"),
            foreign=foreign,
            is_ifa=document.read("ifas", bool, default=False),
            people=read_people(self._line, channel, document, among=among),
            expires=created + RETENTION if document.read("expires", bool, default=True) else None,
            fixed_status=_read_status(document),
            # An audience made here may be too small to get READY by itself.
            is_ready=True,
        )
        rule = document.read("rule", dict)
        if rule is not None:
            audience.following = read_rule(channel.account, audience.kind, rule)
            audience.settle(now, self._line.settings)
        self._change_details(audience, document)
        channel.account.audiences[audience.number] = audience
        return self._describe(audience)

    def change(self, document: Document) -> Any:
        """Change `status` (null: as time goes), `permission`, `name`, or the members (as in `create`).

        `fail_jobs` with a `failedType` lets the jobs in flight fail at once.
        """
        channel, audience = self._find(document)
        self._change_details(audience, document)
        if "fail_jobs" in document.body:
            audience.fail_jobs(self._line.now(), _read_choice(document, "fail_jobs", FAILED_TYPES, None))
        if "status" in document.body:
            audience.fixed_status = _read_status(document)
        audience.permission = _read_choice(document, "permission", ("READ", "READ_WRITE"), audience.permission)
        audience.name = document.read("name", str, default=audience.name)
        if document.body.keys() & {"user_ids", "count", "share"}:
            population = channel.account.population
            audience.people = read_people(self._line, channel, document, among=population.deliverable)
            audience.growing = None
        return self._describe(audience)

    def delete(self, document: Document) -> Any:
        channel, audience = self._find(document)
        del channel.account.audiences[audience.number]
        return {}

    def _change_details(self, audience: Audience, document: Document) -> None:
        """Set what ads audiences and shared ones show: `failed_type`, `owner_*`, `ad_account`, `activated`, …."""
        if "failed_type" in document.body:
            audience.failed_type = _read_choice(document, "failed_type", FAILED_TYPES, None)
        audience.owner = Owner(
            service_type=_read_choice(document, "owner_service", OWNER_SERVICES, audience.owner.service_type),
            owner_id=document.read("owner_id", str, default=audience.owner.owner_id),
            name=document.read("owner_name", str, default=audience.owner.name),
        )
        audience.ad_account = document.read("ad_account", str, default=audience.ad_account)
        activated = document.read("activated", bool)
        if activated is not None:
            audience.activated = activated
            audience.inactivated = None if activated else self._line.now()
        audience.web_traffic = document.read("web_traffic", dict, default=audience.web_traffic)

    def _find_channel(self, document: Document) -> Channel:
        """Return the channel, once everything that is due has happened."""
        self._line.settle()
        return find_channel(self._line, document)

    def _find(self, document: Document) -> tuple[Channel, Audience]:
        channel = self._find_channel(document)
        audience = self._line.find_audience(channel.account, int(document.parts["number"]))
        if audience is None:
            raise MissingError("no such audience")
        return channel, audience

    def _describe(self, audience: Audience) -> dict[str, Any]:
        return {
            **show_audience(audience, self._line.now(), self._line.settings),
            "size": audience.size,
            "foreign": audience.foreign,
            "restricted": audience.restricted,
        }


def _read_choice(document: Document, name: str, allowed: tuple[str, ...], default: str | None) -> str:
    value: str = document.require(name, str) if default is None else document.read(name, str, default=default)
    if value not in allowed:
        raise ControlError(f"{name}: one of {allowed}")
    return value


def _read_age(document: Document) -> float:
    age: float = document.read("age_days", float, default=0)
    if not 0 <= age <= OLDEST_DAYS:
        raise ControlError(f"age_days: 0 to {OLDEST_DAYS}")
    return age


def _read_status(document: Document) -> str | None:
    status: str | None = document.read("status", str)
    if status is not None and status not in STATUSES:
        raise ControlError(f"status: one of {STATUSES}")
    # READY is what an audience is by itself, and must be able to expire.
    return None if status == "READY" else status
