"""The story of `make demo`: the main job, from a HubSpot list and a LINE audience to a privacy-safe report."""

import time

from deploy.local.stack import Stack
from deploy.local.story import beginning, events, refusals, reports, sends
from deploy.local.story.world import open_world

CHAPTERS = (
    beginning.register,
    refusals.refuse_without_list,
    refusals.refuse_contact_token,
    refusals.refuse_small_group,
    sends.acknowledge_exclusion,
    sends.send_to_audience_and_attributes,
    sends.send_to_attributes,
    sends.fail_with_too_few,
    reports.read_report,
    events.read_events,
)


async def tell(stack: Stack) -> None:
    """Tell the story; raises `StoryBrokenError` at the first step that does not go as said."""
    print("Outreach: three services, PostgreSQL, NATS, and a sandbox in place of LINE and HubSpot. All calls are gRPC.")
    start = time.monotonic()
    async with open_world(stack) as world:
        for number, chapter in enumerate(CHAPTERS, 1):
            try:
                await chapter(world)
            except Exception as error:
                error.add_note(f"The story broke off in chapter {number}, {chapter.__name__}.")
                raise
    print(f"\nEvery step went as said, in {time.monotonic() - start:.0f} s.")
