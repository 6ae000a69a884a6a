"""How long rows of kit's own tables are kept, in every service's database."""

from datetime import timedelta

from kit.events.schema import DEAD_LETTERS, EVENT_STREAMS, INBOX, OUTBOX
from kit.store.retention import KeptForGood, Retention, Rule
from kit.store.schema import LEASES, REQUEST_ANSWERS

KEPT_OUTBOX = timedelta(days=3)
KEPT_INBOX = timedelta(days=30)
KEPT_REQUESTS = timedelta(days=30)

RULES: tuple[Rule, ...] = (
    Retention(
        table=OUTBOX,
        column=OUTBOX.c.publish_time,
        keep=KEPT_OUTBOX,
        why="Published events go out anew when a stream was lost, and tell what was said when. Others stay.",
    ),
    Retention(
        table=INBOX,
        column=INBOX.c.receive_time,
        keep=KEPT_INBOX,
        why="Recognises repeats; well beyond what a stream keeps, after which none can come.",
    ),
    Retention(
        table=REQUEST_ANSWERS,
        column=REQUEST_ANSWERS.c.create_time,
        keep=KEPT_REQUESTS,
        why="Recognises repeated requests, longer than any caller repeats; the protos promise it (AIP-155).",
    ),
    KeptForGood(table=DEAD_LETTERS, why="An operator redrives each; a letter that aged out would be a lost event."),
    KeptForGood(table=LEASES, why="One row for each kind of work that one replica does at a time."),
    KeptForGood(table=EVENT_STREAMS, why="One row, of the service's stream."),
)
