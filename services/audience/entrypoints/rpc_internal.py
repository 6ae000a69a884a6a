"""`LineTokenService` and `TargetingFactsService`: what the delivery service asks."""

from audience.application.facts import Facts
from audience.application.tokens import Tokens
from audience.entrypoints.names import AUDIENCE, CHANNEL, CONTACT_LIST
from audience.entrypoints.translate import write_facts, write_token
from kit.callers import current_caller
from kit.errors import Violations
from kit.rpc.requests import check_names_within, gathering
from outreach.audience.internal.v1 import line_token_pb2, targeting_facts_pb2
from outreach.audience.internal.v1.line_token_pb2_grpc import LineTokenServiceServicer
from outreach.audience.internal.v1.targeting_facts_pb2_grpc import TargetingFactsServiceServicer

MOST_AUDIENCES = 100
MOST_CONTACT_LISTS = 200


class LineTokenServicer(LineTokenServiceServicer):
    """Hands out stateless channel access tokens."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def IssueLineToken(
        self, request: line_token_pb2.IssueLineTokenRequest, _context: object
    ) -> line_token_pb2.IssueLineTokenResponse:
        """Issue a token of 15 minutes."""
        CHANNEL.parse(request.channel, field="channel")
        return write_token(await self._tokens.issue(request.channel, caller=current_caller().subject))


class TargetingFactsServicer(TargetingFactsServiceServicer):
    """Tells facts about what a targeting names."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    async def GetTargetingFacts(
        self, request: targeting_facts_pb2.GetTargetingFactsRequest, _context: object
    ) -> targeting_facts_pb2.GetTargetingFactsResponse:
        """Return the facts of a channel and of the audiences and lists named."""
        bad = Violations()
        with gathering(bad):
            CHANNEL.parse(request.channel, field="channel")
        check_names_within(
            bad, AUDIENCE, request.audiences, channel=request.channel, field="audiences", most=MOST_AUDIENCES
        )
        check_names_within(
            bad,
            CONTACT_LIST,
            request.contact_lists,
            channel=request.channel,
            field="contact_lists",
            most=MOST_CONTACT_LISTS,
        )
        bad.raise_if_any()
        facts = await self._facts.gather(request.channel, request.audiences, request.contact_lists)
        return write_facts(facts)
