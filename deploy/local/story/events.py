"""Chapter 10: an ordinary consumer reads back what happened."""

from collections import Counter

import nats
from nats.js.client import JetStreamContext

from deploy.local.story.world import World, announce, expect, say
from outreach.audience.v1 import audience_events_pb2
from outreach.delivery.v1 import delivery_events_pb2
from outreach.reporting.v1 import reporting_events_pb2
from outreach_client.events import event_types, read_event

STREAMS = ("audience", "delivery", "reporting")
EXPECTED = {
    "channel.created",
    "audience.discovered",
    "contact_list.synced",
    "campaign.created",
    "campaign.sending",
    "campaign.accepted",
    "campaign.succeeded",
    "campaign.failed",
    "report.published",
}
_BATCH = 100
_ANSWER_S = 10.0
_TYPES = event_types(audience_events_pb2, delivery_events_pb2, reporting_events_pb2)


async def read_events(world: World) -> None:
    """Read every event of the channel from JetStream."""
    announce(10, "The events of all this, read back from JetStream")
    facts: Counter[str] = Counter()
    connection = await nats.connect(world.stack.nats_url)
    try:
        for stream in STREAMS:
            await _count_facts(connection.jetstream(), stream, facts)
    finally:
        await connection.close()
    for fact, count in sorted(facts.items()):
        say(f"{count:>4} {fact}")
    expect(facts.keys() >= EXPECTED, f"there are events of {', '.join(sorted(EXPECTED - facts.keys()))}")


async def _count_facts(jetstream: JetStreamContext, stream: str, facts: Counter[str]) -> None:
    subscription = await jetstream.pull_subscribe(f"outreach.{stream}.v1.midori.>", stream=stream)
    while pending := (await subscription.consumer_info()).num_pending:
        for message in await subscription.fetch(min(pending, _BATCH), timeout=_ANSWER_S):
            read_event(message.subject, message.headers, message.data, _TYPES)
            facts[".".join(message.subject.split(".")[-2:])] += 1
            await message.ack()
