"""Tests of the published event against its register and example."""

import json
from datetime import UTC, datetime
from pathlib import Path

from reporting.adapters.events import to_envelope
from reporting.domain.campaigns import ReportState
from reporting.domain.events import ReportPublished
from reporting.domain.observations import Totals
from reporting.domain.reports import Publication
from reporting.domain.thresholds import publish

EXAMPLE = Path(__file__).parents[4] / "protos" / "examples" / "reporting.report.published.json"


def test_report_published() -> None:
    """The event is the registered example, on the subject of the campaign's channel."""
    figures = publish(Totals(delivered=1520, unique_impression=901, unique_click=19))
    publication = Publication("channels/acme/campaigns/may-offer", 1, 1, datetime(2026, 5, 2, 1, tzinfo=UTC), figures)
    event = to_envelope(ReportPublished(publication, ReportState.COUNTING), event_id="e1")

    assert json.loads(event.body) == json.loads(EXAMPLE.read_text())
    assert event.subject == "outreach.reporting.v1.acme.report.published"
    assert (event.type, event.source) == ("outreach.reporting.v1.ReportPublished", "outreach.reporting")
    assert event.resource == "channels/acme/campaigns/may-offer/report"
