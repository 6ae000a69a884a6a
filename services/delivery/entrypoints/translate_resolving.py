"""Decisions about uncertain campaigns between proto and domain."""

from delivery.application.campaigns.resolving import Resolved, Ruling
from delivery.domain.campaigns.campaign import Decision
from delivery.entrypoints.translate import read_acknowledgements, write_campaign
from kit.errors import Violations
from outreach.delivery.v1 import campaign_pb2 as pb

_DECISIONS = {pb.Campaign.Resolution.Decision.Value(decision.name): decision for decision in Decision}


def read_ruling(bad: Violations, request: pb.ResolveCampaignRequest, *, resolver: str) -> Ruling:
    """Read a person's wish; an unspecified decision is none.

    Raises:
        InvalidRequest: fields are malformed; all of them are named, with those noted in `bad` before.

    """
    if not request.etag:
        bad.add("etag", "must be the etag of the campaign as the person has seen it", "REQUIRED")
    if request.decision not in _DECISIONS:
        unset = request.decision == pb.Campaign.Resolution.DECISION_UNSPECIFIED
        bad.add("decision", "must be a known decision", "REQUIRED" if unset else "UNKNOWN_VALUE")
    acknowledgements = read_acknowledgements(bad, request.acknowledgements)
    bad.raise_if_any()
    return Ruling(request.name, request.etag, _DECISIONS[request.decision], resolver, acknowledgements)


def write_resolved(resolved: Resolved) -> pb.ResolveCampaignResponse:
    """Write a decided campaign."""
    sight = resolved.sight
    return pb.ResolveCampaignResponse(
        campaign=write_campaign(sight.campaign, sight.waiting), warnings=resolved.warnings
    )
