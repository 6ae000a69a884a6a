"""What policy says of a campaign, asked of facts and of LINE."""

import json

import pytest

from delivery.application.campaigns.judge import FACTS_PAUSE, Judge, Verdict
from delivery.application.quota import QuotaBook
from delivery.domain.campaigns.campaign import Campaign, open_campaign
from delivery.domain.campaigns.draft import NewCampaign
from delivery.domain.content.inspection import MessageViolation, inspect
from delivery.domain.policy.facts import AudienceFacts, Basis, ContactListFacts
from delivery.domain.policy.findings import Code, Severity
from delivery.domain.targeting.trees import AgeFilter, AllBut, AllOf, AttributeNode, Targeting
from kit.errors import Unavailable
from tests.fakes.clock import FakeClock
from tests.fakes.delivery_facts import FakeFacts
from tests.fakes.delivery_line import FakeLine
from tests.fakes.delivery_store import make_transaction
from tests.fakes.store import FakeUnitOfWork
from tests.strategies.policy import make_audience, make_facts, make_list, make_targeting
from tests.strategies.rows import UID


def make_campaign(targeting: Targeting | None = None, *, text: str = "春のセール") -> Campaign:
    """Make a draft of one text."""
    messages = [{"type": "text", "text": text}]
    stored = json.dumps(messages, ensure_ascii=False, separators=(",", ":")).encode()
    draft = NewCampaign(
        "channels/acme/campaigns/may", "May", targeting or make_targeting(), stored, content=inspect(messages)
    )
    return open_campaign(draft, uid=UID, at=FakeClock().now())


@pytest.fixture
def facts() -> FakeFacts:
    """Give facts in which nothing stands against a send."""
    facts = FakeFacts(make_facts().channel)
    facts.put(make_audience(), make_list())
    return facts


@pytest.fixture
def line() -> FakeLine:
    """Give LINE."""
    return FakeLine(FakeClock())


@pytest.fixture
def judge(facts: FakeFacts, line: FakeLine) -> Judge:
    """Give the judge."""
    clock = FakeClock()
    uow = FakeUnitOfWork(make_transaction(clock))
    return Judge(uow=uow, facts=facts, line=line, quota=QuotaBook(uow=uow, line=line, clock=clock), clock=clock)


def weigh(verdict: Verdict, code: Code) -> list[Severity]:
    """Return how much each finding of a rule weighs."""
    return [finding.severity for finding in verdict.findings if finding.code is code]


async def test_only_published_figures_are_asked_for(judge: Judge, facts: FakeFacts) -> None:
    """What a caller reads rests on what callers may see (V7)."""
    verdict = await judge.judge(make_campaign())

    assert verdict.plan is not None
    assert [asked.basis for asked in facts.asked] == [Basis.PUBLISHED]


@pytest.mark.parametrize(
    ("filters", "severity", "planned"),
    [(9, [], True), (10, [Severity.WARNING], True), (11, [Severity.ERROR], False)],
)
async def test_only_what_line_surely_refuses_has_no_plan(
    judge: Judge,
    filters: int,
    severity: list[Severity],
    planned: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Trees that LINE may find too large are planned all the same, since they can be sent."""
    attributes: AttributeNode = AllOf((AgeFilter(20),) * filters)

    verdict = await judge.judge(make_campaign(make_targeting(attributes=attributes)))

    assert weigh(verdict, Code.TARGETING_TOO_COMPLEX) == severity
    assert (verdict.plan is not None) == planned


async def test_a_negation_of_too_many_has_no_plan(judge: Judge) -> None:
    """Operators above the filters change nothing of it."""
    attributes: AttributeNode = AllBut(AllOf((AgeFilter(20),) * 11))

    assert (await judge.judge(make_campaign(make_targeting(attributes=attributes)))).plan is None


async def test_line_is_asked_about_messages_that_we_find_good(judge: Judge, line: FakeLine) -> None:
    """What LINE has against them is a finding like our own (R10)."""
    line.violations = (MessageViolation("messages[0].text", "LINE says: no."),)

    verdict = await judge.judge(make_campaign())

    assert weigh(verdict, Code.MESSAGE_INVALID) == [Severity.ERROR]


@pytest.mark.parametrize("text", ["x" * 5001, "{{ contact.firstname }}"])
async def test_line_is_not_asked_about_messages_that_we_refuse(judge: Judge, line: FakeLine, text: str) -> None:
    """What our own inspection refuses is not shown to LINE."""
    await judge.judge(make_campaign(text=text))

    assert line.validated == []


@pytest.mark.parametrize("silent", ["facts", "line"])
async def test_without_an_answer_there_is_no_verdict(
    judge: Judge, facts: FakeFacts, line: FakeLine, silent: str
) -> None:
    """Unknown is not no: the caller is told who gave no answer."""
    (facts if silent == "facts" else line).fail_next(Unavailable(silent))

    with pytest.raises(Unavailable):
        await judge.judge(make_campaign())


@pytest.mark.parametrize(
    "unknown",
    [make_audience(jobs_unfinished=None), make_audience(state=None), make_list(state=None)],
    ids=["jobs", "state", "list"],
)
async def test_without_knowledge_there_is_no_verdict(
    judge: Judge, facts: FakeFacts, unknown: AudienceFacts | ContactListFacts
) -> None:
    """What is not known may be known soon; the caller is told when to ask again."""
    facts.put(unknown)

    with pytest.raises(Unavailable) as refused:
        await judge.judge(make_campaign())
    assert refused.value.retry_after == FACTS_PAUSE
