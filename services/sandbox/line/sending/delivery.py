"""What happens to an accepted narrowcast: recipients, thresholds, random picks, quota (LP 4.5-4.8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sandbox import bits
from sandbox.line.account.counts import API_COUNTERS
from sandbox.line.audiences.audience import RESTRICTED_MINIMUM, Audience
from sandbox.line.model import Account, Send
from sandbox.line.platform import Line
from sandbox.line.sending.evaluate import Sides, evaluate
from sandbox.line.sending.trees import AudienceLeaf, ChoiceLeaf, Leaf, RangeLeaf, RedeliveryLeaf, leaves
from sandbox.line.times import read_japanese_day

INTERNAL, TOO_FEW, RETRY_CONFLICT, SMALL_AUDIENCE, PARTIAL_FORBIDDEN = range(1, 6)


@dataclass(frozen=True, slots=True)
class _Failure:
    code: int
    matched: int = 0


def schedule(line: Line, send: Send) -> None:
    """Plan the phases of a narrowcast just accepted; failed sends end when filtering does."""
    start = send.accepted + timedelta(seconds=line.settings.waiting_time)
    line.plan(start, lambda time: _start(line, send, time))


def count_done(line: Line, send: Send) -> int:
    """Return `successCount` at this moment; while sending it grows steadily."""
    if send.phase != "sending" or send.started is None:
        return send.delivered.bit_count()
    elapsed = (line.now() - send.started).total_seconds()
    done = elapsed / line.settings.sending_time if line.settings.sending_time else 1.0
    return int(send.targets * min(1.0, done))


def _start(line: Line, send: Send, time: datetime) -> None:
    outcome = _choose(line, send, time)
    send.started = time
    if isinstance(outcome, _Failure):
        _fail(line, send, outcome, time)
        return
    send.matched = outcome
    send.targets = outcome.bit_count()
    send.phase = "sending"
    line.plan(time + timedelta(seconds=line.settings.sending_time), lambda end: _finish(line, send, end))


def _finish(line: Line, send: Send, time: datetime) -> None:
    account = send.channel.account
    # Who blocked while we sent is a failure, not an error (LP 4.6).
    send.delivered = send.matched & account.population.deliverable
    send.phase = "succeeded"
    send.completed = time
    send.behaviour = line.behaviour
    account.quota.holds.pop(send.request_id, None)
    account.quota.spend(line.quota_month(time), send.delivered.bit_count())
    account.counts.add(read_japanese_day(time), API_COUNTERS[send.kind], send.delivered.bit_count())


def _fail(line: Line, send: Send, failure: _Failure, time: datetime) -> None:
    send.phase = "failed"
    send.completed = time
    send.error_code = failure.code
    send.failed_description = line.settings.failed_descriptions[failure.code - 1]
    send.targets = failure.matched if line.settings.failed_target_count == "matched" else 0
    send.channel.account.quota.holds.pop(send.request_id, None)


def _choose(line: Line, send: Send, time: datetime) -> int | _Failure:
    if send.planned_failure is not None:
        return _Failure(send.planned_failure)
    selection, account = send.selection, send.channel.account
    if selection is None:
        raise AssertionError("a narrowcast has a selection")
    used = _audiences_used(line, send)
    if len(used) > 1 and any(_is_small(audience, account) for audience in used):
        return _Failure(SMALL_AUDIENCE)
    matched = _match(line, send, time)
    count = matched.bit_count()
    capacity = count if send.capacity is None else min(send.capacity, count)
    minimum = RESTRICTED_MINIMUM if _needs_minimum(line, send, used) else 0
    if (capacity if line.settings.minimum_after_limit else count) < minimum:
        return _Failure(TOO_FEW, count)
    if capacity < count and selection.forbid_partial:
        return _Failure(PARTIAL_FORBIDDEN, count)
    rng = Random(f"{line.seed}:pick:{send.request_id}")  # noqa: S311 - reproducible, no secrets here
    return bits.pick(rng, matched, capacity)


def _audiences_used(line: Line, send: Send) -> list[Audience]:
    """Return the distinct audiences of the tree that still exist."""
    if send.selection is None:
        return []
    tree = send.selection.recipient
    numbers = dict.fromkeys(leaf.audience_id for leaf in leaves(tree) if isinstance(leaf, AudienceLeaf))
    found = (line.find_audience(send.channel.account, number) for number in numbers)
    return [audience for audience in found if audience is not None]


def _is_small(audience: Audience, account: Account) -> bool:
    """T3 of LP 4.5."""
    reachable = audience.people & account.population.deliverable
    return audience.restricted and reachable.bit_count() < RESTRICTED_MINIMUM


def _needs_minimum(line: Line, send: Send, used: list[Audience]) -> bool:
    """T2 of LP 4.5."""
    selection = send.selection
    if selection is None or selection.demographic is not None or any(audience.restricted for audience in used):
        return True
    redelivers = any(isinstance(leaf, RedeliveryLeaf) for leaf in leaves(selection.recipient))
    return redelivers and line.settings.redelivery_restricted


def _match(line: Line, send: Send, time: datetime) -> int:
    """Return everyone a narrowcast is for, before any limit."""
    account, selection = send.channel.account, send.selection
    people = account.population.deliverable
    if selection is None:
        return people
    today = read_japanese_day(time)
    if selection.recipient is not None:
        people &= evaluate(selection.recipient, lambda leaf: _resolve(line, account, leaf, today)).yes
    if selection.demographic is not None:
        people &= evaluate(selection.demographic, lambda leaf: _resolve(line, account, leaf, today)).yes
    return people


def _resolve(line: Line, account: Account, leaf: Leaf, today: int) -> Sides:
    population = account.population
    match leaf:
        case AudienceLeaf(number):
            audience = line.find_audience(account, number)
            people = 0 if audience is None else audience.people
        case RedeliveryLeaf(request_id):
            earlier = line.find_send(account, request_id)
            people = 0 if earlier is None else earlier.matched
        case ChoiceLeaf() | RangeLeaf():
            return population.match(
                leaf,
                today=today,
                lag_days=line.settings.attribute_lag_days,
                not_matches_unknown=line.settings.not_matches_unknown,
            )
    return Sides(yes=people, no=population.everyone & ~people)
