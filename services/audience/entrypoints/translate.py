"""Puts requests into the domain's words and answers into the protos'."""

import re

from audience.application.catalog_reader import SyncResult
from audience.application.contact_lists import OfferedList
from audience.application.facts import TargetingFacts
from audience.application.ports import LineToken
from audience.domain.audiences import Audience
from audience.domain.contact_lists import ContactList
from audience.domain.counts import Count
from audience.entrypoints.spans import write_duration, write_optional_timestamp, write_timestamp
from audience.entrypoints.translate_channels import tell_state
from kit.errors import Violations
from kit.names import VENDOR_ID
from outreach.audience.internal.v1 import line_token_pb2, targeting_facts_pb2
from outreach.audience.v1 import audience_pb2, contact_list_pb2
from outreach.type.v1 import count_pb2

_JOBS = {
    None: targeting_facts_pb2.AudienceFacts.JOBS_UNSPECIFIED,
    False: targeting_facts_pb2.AudienceFacts.FINISHED,
    True: targeting_facts_pb2.AudienceFacts.UNFINISHED,
}


def read_hubspot_list_id(request: contact_list_pb2.CreateContactListRequest) -> str:
    """Read which HubSpot list is to be bound; raises `InvalidRequest`."""
    bad = Violations()
    if not re.fullmatch(VENDOR_ID, request.contact_list.hubspot_list_id):
        bad.add("contact_list.hubspot_list_id", "must be HubSpot's list id (ILS id), digits")
    bad.raise_if_any()
    return request.contact_list.hubspot_list_id


def write_audience(audience: Audience) -> audience_pb2.Audience:
    """Write an entry of the catalog as callers may see it: with its published size, never LINE's own count (V7)."""
    observed = audience.observed
    return audience_pb2.Audience(
        name=audience.name,
        display_name=observed.display_name,
        kind=audience_pb2.Audience.Kind.Value(observed.kind.name),
        state=audience_pb2.Audience.State.Value(observed.state.name),
        size=write_count(audience.published_size),
        permission=audience_pb2.Audience.Permission.Value(observed.permission.name),
        create_route=observed.create_route,
        create_time=write_timestamp(observed.create_time),
        expire_time=write_optional_timestamp(observed.expire_time),
        sync_time=write_timestamp(observed.observe_time),
    )


def write_sync_result(result: SyncResult) -> audience_pb2.SyncAudiencesResponse:
    """Write what a sync found."""
    return audience_pb2.SyncAudiencesResponse(
        audience_count=result.audience_count,
        discovered_count=result.discovered_count,
        removed_count=result.removed_count,
        sync_time=write_timestamp(result.sync_time),
        unreadable_count=result.unreadable_count,
        unchecked_count=result.unchecked_count,
    )


def write_contact_list(contact_list: ContactList) -> contact_list_pb2.ContactList:
    """Write a contact list with its counts, which its owner can see in HubSpot too."""
    failure = "FAILURE_UNSPECIFIED" if contact_list.failure is None else contact_list.failure.name
    return contact_list_pb2.ContactList(
        name=contact_list.name,
        display_name=contact_list.display_name,
        hubspot_list_id=contact_list.hubspot_list_id,
        state=contact_list_pb2.ContactList.State.Value(contact_list.state.name),
        failure=contact_list_pb2.ContactList.Failure.Value(failure),
        contact_count=contact_list.tally.contacts,
        recipient_count=contact_list.tally.recipients,
        missing_count=contact_list.tally.missing,
        malformed_count=contact_list.tally.malformed,
        duplicate_count=contact_list.tally.duplicates,
        sync_time=write_optional_timestamp(contact_list.sync_time),
        create_time=write_timestamp(contact_list.create_time),
        update_time=write_timestamp(contact_list.update_time),
        next_sync_time=write_optional_timestamp(contact_list.next_sync_time),
    )


def write_offered_list(offered: OfferedList) -> contact_list_pb2.HubSpotList:
    """Write a list as HubSpot shows it."""
    return contact_list_pb2.HubSpotList(
        list_id=offered.source.list_id,
        display_name=offered.source.name,
        processing_type=offered.source.processing_type,
        reported_size=offered.source.signals.reported_size,
        contact_list=offered.contact_list or "",
    )


def write_token(token: LineToken) -> line_token_pb2.IssueLineTokenResponse:
    """Write a token for the delivery service."""
    return line_token_pb2.IssueLineTokenResponse(
        access_token=token.value, expire_time=write_timestamp(token.expire_time)
    )


def write_facts(facts: TargetingFacts) -> targeting_facts_pb2.GetTargetingFactsResponse:
    """Write facts for the delivery service, raw figures beside published ones."""
    channel = facts.channel
    return targeting_facts_pb2.GetTargetingFactsResponse(
        channel=targeting_facts_pb2.ChannelFacts(
            channel=channel.name,
            state=tell_state(channel),
            time_zone=channel.time_zone,
            reach=facts.reach.reach,
            reach_date="" if facts.reach.day is None else f"{facts.reach.day:%Y%m%d}",
            area_prefix=channel.area_prefix or "",
            order_lifetime=write_duration(channel.order_lifetime),
            bot_user_id=channel.bot_user_id,
        ),
        audiences=[
            *(_audience_facts(audience) for audience in facts.audiences),
            # Who knows only the older field must not take its absence for an answer either.
            *(
                targeting_facts_pb2.AudienceFacts(audience=name, jobs_unfinished=True)
                for name in facts.unknown_audiences
            ),
        ],
        contact_lists=[_contact_list_facts(contact_list) for contact_list in facts.contact_lists],
    )


def write_count(count: Count) -> count_pb2.Count:
    """Write a figure with its state."""
    return count_pb2.Count(value=count.value, state=count_pb2.Count.State.Value(count.state.name))


def _audience_facts(audience: Audience) -> targeting_facts_pb2.AudienceFacts:
    observed = audience.observed
    jobs = _JOBS[None if observed.jobs is None else observed.jobs.unfinished]
    return targeting_facts_pb2.AudienceFacts(
        audience=audience.name,
        kind=audience_pb2.Audience.Kind.Value(observed.kind.name),
        state=audience_pb2.Audience.State.Value(observed.state.name),
        line_count=observed.line_count,
        exact=audience.exact,
        restricted=audience.restricted,
        jobs_unfinished=jobs != targeting_facts_pb2.AudienceFacts.FINISHED,
        expire_time=write_optional_timestamp(observed.expire_time),
        published_size=write_count(audience.published_size),
        observe_time=write_timestamp(audience.oldest_time),
        jobs=jobs,
    )


def _contact_list_facts(contact_list: ContactList) -> targeting_facts_pb2.ContactListFacts:
    return targeting_facts_pb2.ContactListFacts(
        contact_list=contact_list.name,
        state=contact_list_pb2.ContactList.State.Value(contact_list.state.name),
        contact_count=contact_list.tally.contacts,
        recipient_count=contact_list.tally.recipients,
        reported_size=contact_list.reported_size,
        sync_time=write_optional_timestamp(contact_list.sync_time),
    )
