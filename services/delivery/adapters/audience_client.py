"""The audience service's internal methods: tokens, and facts about what a targeting names.

Timeouts and retries are those of the service config beside the protos; a call on behalf of another takes no longer
than that one has.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC

import grpc

from delivery.adapters.facts_translation import read_facts
from delivery.adapters.line_tokens import LineToken
from delivery.application.line_port import LineCredentialsRefused, LineUnavailable
from delivery.domain.policy.facts import Basis, TargetingFacts
from kit.errors import NotFound, Unavailable
from outreach.audience.internal.v1.line_token_pb2 import IssueLineTokenRequest
from outreach.audience.internal.v1.line_token_pb2_grpc import LineTokenServiceStub
from outreach.audience.internal.v1.targeting_facts_pb2 import GetTargetingFactsRequest
from outreach.audience.internal.v1.targeting_facts_pb2_grpc import TargetingFactsServiceStub
from outreach_client.errors import RemoteError

MOST_AUDIENCES = 100
"""Audiences in one question, by the proto."""


class AudienceTokenIssuer:
    """`TokenIssuer` over gRPC; `channel` is one of `kit.rpc.client.connect`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = LineTokenServiceStub(channel)

    async def issue(self, channel: str) -> LineToken:
        """See `TokenIssuer`; each issue is audited over there, so it is asked for only when needed."""
        with _remote_errors(channel):
            answer = await self._stub.IssueLineToken(IssueLineTokenRequest(channel=channel))
        return LineToken(answer.access_token, answer.expire_time.ToDatetime(UTC))


class AudienceFactsSource:
    """`TargetingFactsSource` over gRPC; `channel` is one of `kit.rpc.client.connect`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = TargetingFactsServiceStub(channel)

    async def gather(
        self, channel: str, audiences: Collection[str], contact_lists: Collection[str], *, basis: Basis
    ) -> TargetingFacts:
        """See `TargetingFactsSource`."""
        names = sorted(set(audiences))
        request = GetTargetingFactsRequest(
            channel=channel, audiences=names[:MOST_AUDIENCES], contact_lists=sorted(set(contact_lists))
        )
        with _remote_errors(channel):
            answer = await self._stub.GetTargetingFacts(request)
            # Far more than LINE takes, but policy is to say so, and of each audience what is wrong with it.
            for start in range(MOST_AUDIENCES, len(names), MOST_AUDIENCES):
                rest = GetTargetingFactsRequest(channel=channel, audiences=names[start : start + MOST_AUDIENCES])
                answer.audiences.extend((await self._stub.GetTargetingFacts(rest)).audiences)
        return read_facts(answer, basis)


@contextmanager
def _remote_errors(channel: str) -> Iterator[None]:
    """Raise this service's errors for those that the protos name; whatever else fails counts as no answer."""
    try:
        yield
    except RemoteError as error:
        raise _translate(error, channel) from error


def _translate(error: RemoteError, channel: str) -> Exception:
    match error.domain, error.reason:
        case "audience.outreach", "NOT_FOUND":
            return NotFound(channel)
        case "audience.outreach", "LINE_CREDENTIALS_REFUSED":
            return LineCredentialsRefused(channel)
        case "audience.outreach", "UNAVAILABLE" if error.metadata.get("dependency") == "line":
            return LineUnavailable(retry_after=error.retry_after)
    return Unavailable("audience", retry_after=error.retry_after)
