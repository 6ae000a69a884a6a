"""What a report shows of one campaign, figure by figure; whether it may be shown, `thresholds` decides."""

from dataclasses import dataclass

from reporting.domain.counts import NOT_YET, Count, Rate, divide


@dataclass(frozen=True, slots=True)
class BubbleFigures:
    """How one bubble was received; `sequence` is its number in the message, from 1."""

    sequence: int
    impressions: Count = NOT_YET
    plays: Count = NOT_YET
    players: Count = NOT_YET
    completions: Count = NOT_YET


@dataclass(frozen=True, slots=True)
class LinkFigures:
    """How one URL was received; `sequence` is LINE's, which several URLs may share (LP 7.2)."""

    sequence: int
    url: str
    clicks: Count = NOT_YET
    clickers: Count = NOT_YET


@dataclass(frozen=True, slots=True)
class Figures:
    """How a campaign was received: people in all, then per bubble and per URL in LINE's order."""

    delivered: Count = NOT_YET
    opened: Count = NOT_YET
    clicked: Count = NOT_YET
    media_played: Count = NOT_YET
    bubbles: tuple[BubbleFigures, ...] = ()
    links: tuple[LinkFigures, ...] = ()

    @property
    def open_rate(self) -> Rate:
        """Those who opened it among those who got it, from the counts shown here and nothing else (V2)."""
        return divide(self.opened, self.delivered)

    @property
    def click_rate(self) -> Rate:
        """Those who clicked among those who got it, from the counts shown here and nothing else (V2)."""
        return divide(self.clicked, self.delivered)
