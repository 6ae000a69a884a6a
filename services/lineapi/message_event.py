"""Interactions with one narrowcast or broadcast (LP 7.2). All counts are raw: None where LINE hides or lacks them."""

from dataclasses import dataclass
from datetime import datetime

from lineapi.fields import Fields


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlays:
    """How far a video or audio was played, in times or in users."""

    started: int | None = None
    percent_25: int | None = None
    percent_50: int | None = None
    percent_75: int | None = None
    percent_100: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOverview:
    """The request as a whole; counts are users.

    Attributes:
        request_id: as asked for.
        timestamp: when it was delivered, aware UTC.
        delivered: shown by LINE even from 1 to 19; None until all are sent (LP trap 22).
        unique_impression: users who saw at least one bubble.
        unique_click: users who opened any link.
        unique_media_played: users who started any media.
        unique_media_played_100_percent: users who played any media to the end.

    """

    request_id: str | None = None
    timestamp: datetime | None = None
    delivered: int | None = None
    unique_impression: int | None = None
    unique_click: int | None = None
    unique_media_played: int | None = None
    unique_media_played_100_percent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """One bubble: `seq` counts from 1, `impression` and `plays` are times, `unique_plays` are users."""

    seq: int
    impression: int | None
    plays: MediaPlays
    unique_plays: MediaPlays


@dataclass(frozen=True, slots=True, kw_only=True)
class EventClick:
    """One link.

    Attributes:
        seq: the bubble's number, as far as LINE's examples tell; its text says otherwise (LP 7.2, 12.7).
        url: the link as it was sent.
        click: times it was opened.
        unique_click: users who opened this link.
        unique_click_of_request: users who opened this URL anywhere in the request.

    """

    seq: int
    url: str
    click: int | None
    unique_click: int | None
    unique_click_of_request: int | None


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """All of it; `messages` and `clicks` are empty when LINE has nothing to say."""

    overview: EventOverview
    messages: tuple[EventMessage, ...]
    clicks: tuple[EventClick, ...]


def read_message_event(answer: Fields) -> MessageEvent:
    """Read the answer of `insight/message/event`."""
    overview = answer.find_object("overview")
    return MessageEvent(
        overview=EventOverview() if overview is None else _read_overview(overview),
        messages=tuple(_read_message(message) for message in answer.read_objects("messages")),
        clicks=tuple(_read_click(click) for click in answer.read_objects("clicks")),
    )


def _read_overview(overview: Fields) -> EventOverview:
    return EventOverview(
        request_id=overview.find_text("requestId"),
        timestamp=overview.find_unix_time("timestamp"),
        delivered=overview.find_integer("delivered"),
        unique_impression=overview.find_integer("uniqueImpression"),
        unique_click=overview.find_integer("uniqueClick"),
        unique_media_played=overview.find_integer("uniqueMediaPlayed"),
        unique_media_played_100_percent=overview.find_integer("uniqueMediaPlayed100Percent"),
    )


def _read_message(message: Fields) -> EventMessage:
    return EventMessage(
        seq=message.read_integer("seq"),
        impression=message.find_integer("impression"),
        plays=_read_plays(message, "mediaPlayed"),
        unique_plays=_read_plays(message, "uniqueMediaPlayed"),
    )


def _read_plays(message: Fields, name: str) -> MediaPlays:
    return MediaPlays(
        started=message.find_integer(name),
        percent_25=message.find_integer(f"{name}25Percent"),
        percent_50=message.find_integer(f"{name}50Percent"),
        percent_75=message.find_integer(f"{name}75Percent"),
        percent_100=message.find_integer(f"{name}100Percent"),
    )


def _read_click(click: Fields) -> EventClick:
    return EventClick(
        seq=click.read_integer("seq"),
        url=click.read_text("url"),
        click=click.find_integer("click"),
        unique_click=click.find_integer("uniqueClick"),
        unique_click_of_request=click.find_integer("uniqueClickOfRequest"),
    )
