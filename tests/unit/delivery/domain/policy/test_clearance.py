"""Clearance: what it takes to be sent, and that nothing else can."""

import dataclasses
import hashlib
import json

import pytest

from delivery.domain.policy.case import Subject
from delivery.domain.policy.clearance import MOST_VIOLATIONS, BytesAltered, Cleared, PolicyRefused, clear, clear_repeat
from delivery.domain.policy.facts import TargetingFacts
from delivery.domain.policy.findings import Code, Finding, Severity
from delivery.domain.targeting.sizes import Size
from tests.strategies.policy import (
    MESSAGES,
    NOW,
    find,
    make_audience,
    make_facts,
    make_list,
    make_subject,
    make_targeting,
)

ROW = "channels/acme/campaigns/may/requests/1"
EXCLUDED = ("channels/acme/contactLists/10",)


def clear_now(
    subject: Subject | None = None,
    facts: TargetingFacts | None = None,
    *,
    acknowledgements: frozenset[str] = frozenset(),
    messages: bytes = MESSAGES,
) -> Cleared:
    """Ask policy to clear a campaign now."""
    return clear(
        subject or make_subject(),
        facts or make_facts(),
        at=NOW,
        acknowledgements=acknowledgements,
        messages=messages,
        row=ROW,
    )


def test_cleared_holds_exactly_what_is_sent() -> None:
    """The body is LINE's request around the stored bytes of the messages, with its hash, channel and ledger row."""
    cleared = clear_now()

    assert (cleared.channel, cleared.row) == ("channels/acme", ROW)
    assert cleared.sha256 == hashlib.sha256(cleared.body).hexdigest()
    assert cleared.body.startswith(b'{"messages":' + MESSAGES + b",")
    assert json.loads(cleared.body) == {
        "messages": json.loads(MESSAGES),
        "recipient": {"type": "audience", "audienceGroupId": 101},
        "limit": {"max": 5500, "upToRemainingQuota": True, "forbidPartialDelivery": True},
    }


def test_cleared_keeps_messages_out_of_logs() -> None:
    """What a log line would show of a Cleared holds nothing of the body (N6)."""
    assert "body" not in repr(clear_now())


def test_own_limit_and_silence_are_sent() -> None:
    """The caller's limit goes to LINE alone, without the bound's flags, and so does the wish for silence."""
    body = json.loads(clear_now(make_subject(recipient_limit=70, notification_disabled=True)).body)

    assert body["limit"] == {"max": 70}
    assert body["notificationDisabled"] is True


def test_errors_refuse() -> None:
    """An error refuses the send, and the refusal holds the findings that did, not the warnings."""
    with pytest.raises(PolicyRefused) as refused:
        clear_now(facts=make_facts([make_audience(size=Size(49, 49))]))

    assert [finding.code for finding in refused.value.findings] == [Code.RECIPIENTS_BELOW_MINIMUM]
    assert refused.value.metadata == {
        "campaign": "channels/acme/campaigns/may",
        "codes": "RECIPIENTS_BELOW_MINIMUM",
    }
    assert [violation.type for violation in refused.value.preconditions] == ["RECIPIENTS_BELOW_MINIMUM"]


def test_a_refusal_fits_into_a_status() -> None:
    """However many findings refuse, all are kept, each code is told once and only so many violations travel."""
    finding = Finding(Code.AUDIENCE_UNUSABLE, Severity.ERROR, "targeting", "The audience is gone.")

    refused = PolicyRefused("channels/acme/campaigns/may", (finding,) * (MOST_VIOLATIONS + 1))

    assert len(refused.findings) == MOST_VIOLATIONS + 1
    assert len(refused.preconditions) == MOST_VIOLATIONS
    assert refused.metadata["codes"] == "AUDIENCE_UNUSABLE"


def test_acknowledging_takes_the_very_token() -> None:
    """A finding refuses without its token and with that of another revision; with its own the send is cleared."""
    subject = make_subject(make_targeting(excluded_contact_lists=EXCLUDED))
    facts = make_facts(contact_lists=[*make_facts().contact_lists.values(), make_list(EXCLUDED[0])])
    (finding,) = find(Code.EXCLUSION_NOT_APPLIED, subject, facts)
    (stale,) = find(Code.EXCLUSION_NOT_APPLIED, dataclasses.replace(subject, revision=2), facts)

    for tokens in (frozenset[str](), frozenset({stale.acknowledgement})):
        with pytest.raises(PolicyRefused):
            clear_now(subject, facts, acknowledgements=tokens)

    assert clear_now(subject, facts, acknowledgements=frozenset({finding.acknowledgement})).row == ROW


def test_uninspected_messages_are_not_cleared() -> None:
    """Bytes other than those that were inspected are never sent."""
    with pytest.raises(BytesAltered):
        clear_now(messages=MESSAGES + b" ")


def test_a_repetition_has_the_same_bytes() -> None:
    """Another attempt is cleared for exactly the bytes of the first one, without asking policy again."""
    first = clear_now()

    again = clear_repeat(channel=first.channel, row=first.row, body=first.body, sha256=first.sha256)

    assert again == first
    with pytest.raises(BytesAltered):
        clear_repeat(channel=first.channel, row=first.row, body=first.body + b" ", sha256=first.sha256)


def test_only_policy_makes_a_cleared() -> None:
    """Neither the constructor nor a changed copy gets past policy."""
    cleared = clear_now()

    with pytest.raises(TypeError):
        Cleared("channels/acme", ROW, b"{}", hashlib.sha256(b"{}").hexdigest(), seal=object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(cleared, body=b"{}")  # type: ignore[call-arg]  # the seal is what nobody has
    with pytest.raises(dataclasses.FrozenInstanceError):
        cleared.body = b"{}"  # type: ignore[misc]  # that it can't be is what is tested
