"""Campaigns and facts for policy's tests: a plain, harmless one, of which a test varies what it is about."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from delivery.domain.content.inspection import ContentFacts, MessageViolation, TokenUse
from delivery.domain.policy.case import Subject
from delivery.domain.policy.facts import (
    AudienceFacts,
    AudienceState,
    Basis,
    ChannelFacts,
    ContactListFacts,
    ContactListState,
    TargetingFacts,
)
from delivery.domain.policy.findings import Code, Finding
from delivery.domain.policy.registry import evaluate
from delivery.domain.targeting.sizes import Size
from delivery.domain.targeting.trees import AttributeNode, Audience, AudienceNode, LineAudience, Targeting

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
MESSAGES = '[{"type":"text","text":"春のセール"}]'.encode()
LARGE = Size(5000, 5000)
CONTACT_LIST = "channels/acme/contactLists/9"


def name_audience(number: int) -> str:
    """Return the name of an audience of the test channel."""
    return f"channels/acme/audiences/{number}"


def make_targeting(
    *,
    audience: AudienceNode | None = None,
    attributes: AttributeNode | None = None,
    contact_lists: tuple[str, ...] = (CONTACT_LIST,),
    excluded_contact_lists: tuple[str, ...] = (),
) -> Targeting:
    """Make a targeting to the audience 101 of the test channel, unless told otherwise."""
    if audience is None and attributes is None:
        audience = Audience(name_audience(101))
    return Targeting(contact_lists, excluded_contact_lists, LineAudience(audience, attributes))


def make_content(
    *,
    tokens: tuple[TokenUse, ...] = (),
    violations: tuple[MessageViolation, ...] = (),
    messages: bytes = MESSAGES,
) -> ContentFacts:
    """Make the inspection's result for `messages`."""
    return ContentFacts(
        message_count=1, contact_tokens=tokens, violations=violations, digest=hashlib.sha256(messages).hexdigest()
    )


def make_subject(targeting: Targeting | None = None, **varied: object) -> Subject:
    """Make a campaign in its first revision."""
    parts: dict[str, object] = {
        "campaign": "channels/acme/campaigns/may",
        "revision": 1,
        "targeting": targeting or make_targeting(),
        "content": make_content(),
        **varied,
    }
    return Subject(**parts)  # type: ignore[arg-type]  # a test names the parts that it varies


def make_audience(
    number: int = 101,
    *,
    size: Size = LARGE,
    state: AudienceState | None = AudienceState.READY,
    restricted: bool = True,
    jobs_unfinished: bool | None = False,
    expire_time: datetime | None = None,
    observe_time: datetime = NOW - timedelta(minutes=1),
) -> AudienceFacts:
    """Make the facts of a large, ready audience of LINE's own making."""
    return AudienceFacts(
        name=name_audience(number),
        state=state,
        size=size,
        restricted=restricted,
        jobs_unfinished=jobs_unfinished,
        expire_time=expire_time,
        observe_time=observe_time,
    )


def make_list(name: str = CONTACT_LIST, state: ContactListState | None = ContactListState.READY) -> ContactListFacts:
    """Make the facts of a contact list."""
    return ContactListFacts(name, state)


def make_facts(
    audiences: Iterable[AudienceFacts] | None = None,
    *,
    contact_lists: Iterable[ContactListFacts] | None = None,
    reach: int | None = 3000,
    area_prefix: str | None = "jp",
    basis: Basis = Basis.PUBLISHED,
) -> TargetingFacts:
    """Make facts in which nothing stands against a send to the audience 101."""
    audiences = (make_audience(),) if audiences is None else audiences
    contact_lists = (make_list(),) if contact_lists is None else contact_lists
    return TargetingFacts(
        basis=basis,
        channel=ChannelFacts("channels/acme", reach, area_prefix, timedelta(hours=24), "U-acme"),
        audiences={facts.name: facts for facts in audiences},
        contact_lists={facts.name: facts for facts in contact_lists},
    )


def judge(subject: Subject | None = None, facts: TargetingFacts | None = None) -> tuple[Finding, ...]:
    """Return policy's findings now."""
    return evaluate(subject or make_subject(), facts or make_facts(), at=NOW)


def find(code: Code, subject: Subject | None = None, facts: TargetingFacts | None = None) -> list[Finding]:
    """Return policy's findings of one rule."""
    return [finding for finding in judge(subject, facts) if finding.code is code]
