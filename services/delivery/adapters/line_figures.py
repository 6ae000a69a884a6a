"""LINE's statistics of one request in the port's words; None stays None (LP 7.4)."""

from delivery.application.line_port import BubbleFigures, LinkFigures, RequestFigures
from lineapi.message_event import EventClick, EventMessage, MessageEvent


def read_figures(event: MessageEvent) -> RequestFigures:
    """Read the answer of `insight/message/event`."""
    overview = event.overview
    return RequestFigures(
        delivered=overview.delivered,
        unique_impression=overview.unique_impression,
        unique_click=overview.unique_click,
        unique_media_played=overview.unique_media_played,
        unique_media_played_100_percent=overview.unique_media_played_100_percent,
        bubbles=tuple(_read_bubble(message) for message in event.messages),
        links=tuple(_read_link(click) for click in event.clicks),
    )


def _read_bubble(message: EventMessage) -> BubbleFigures:
    return BubbleFigures(
        sequence=message.seq,
        impression=message.impression,
        media_played=message.plays.started,
        unique_media_played=message.unique_plays.started,
        unique_media_played_100_percent=message.unique_plays.percent_100,
    )


def _read_link(click: EventClick) -> LinkFigures:
    return LinkFigures(
        sequence=click.seq,
        url=click.url,
        click=click.click,
        unique_click=click.unique_click,
        unique_click_of_request=click.unique_click_of_request,
    )
