"""`make bench`: prints ours, the floor and the ratio of each RPC, then claims, sandbox, fairness (architecture 12)."""

import argparse
import sys
from collections.abc import Mapping, Sequence

import grpc
import uvloop

from deploy.local.processes import ProcessFailedError
from deploy.local.signals import stop_on_signals
from deploy.local.tether import follow_make
from tests.bench.claims import report_claims
from tests.bench.fairness_report import report_fairness
from tests.bench.read_calls import READ_CALLS, load_read_call
from tests.bench.rounds import AT_ONCE, Contestant, Figures, Plan, measure
from tests.bench.sandbox.report import SandboxPlan, report_sandbox
from tests.bench.stage import Stage, open_stage

LEAST_RATIO = 0.6
MOST_ROUNDS_OF_FAIRNESS = 3  # a minute each
LARGEST_P99_RATIO = 2.0
CLAIMS_OF_A_ROUND = 200
SANDBOX = "sandbox"
FAIRNESS = "fairness"
CLAIMS = "claims"
MODULES = (*READ_CALLS, CLAIMS, SANDBOX, FAIRNESS)

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; return 0 when everything was measured, whatever the figures are."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"of {', '.join(MODULES)}; all without")
    parser.add_argument("--rows", type=int, default=100_000, help="rows stored; architecture 12 asks for 1000000")
    parser.add_argument("--friends", type=int, default=1_000_000, help="people of the sandbox's large world")
    parser.add_argument("--calls", type=int, default=4_000, help="calls of one round to one server")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, whose median counts")
    parsed = parser.parse_args(arguments)
    plan = Plan(rows=parsed.rows, calls=parsed.calls, rounds=parsed.rounds)
    stop_on_signals()
    follow_make()
    try:
        for module in parsed.modules or MODULES:
            print(_report(module, plan, friends=parsed.friends), flush=True)  # noqa: T201 - the result
    except ProcessFailedError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for a person
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _report(module: str, plan: Plan, *, friends: int) -> str:
    if module == SANDBOX:
        return report_sandbox(SandboxPlan(calls=plan.calls, rounds=plan.rounds, friends=friends))
    if module == CLAIMS:
        return report_claims(calls=CLAIMS_OF_A_ROUND, rounds=plan.rounds)
    if module == FAIRNESS:
        return report_fairness(rounds=min(plan.rounds, MOST_ROUNDS_OF_FAIRNESS))
    with open_stage(module, rows=plan.rows) as stage:
        figures = uvloop.run(_measure(module, stage, plan))
    return _describe(load_read_call(module).name, plan, figures)


async def _measure(module: str, stage: Stage, plan: Plan) -> Mapping[str, Figures]:
    contestants = [
        Contestant(name, grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]), stage.pids[name])
        for name, address in stage.addresses.items()
    ]
    try:
        return await measure(load_read_call(module), contestants, plan, token=stage.token)
    finally:
        for contestant in contestants:
            await contestant.channel.close()


def _describe(name: str, plan: Plan, figures: Mapping[str, Figures]) -> str:
    ours, floor = figures["ours"], figures["floor"]
    ratio, p99_ratio = ours.rate / floor.rate, ours.p99_ms / floor.p99_ms
    lines = [
        f"{name}: {plan.rows:,} rows, {AT_ONCE} calls at once, median of {plan.rounds} rounds of {plan.calls:,} calls",
        f"  {'':6}{'calls/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU s/1000':>12}",
    ]
    lines += [f"  {n:6}{f.rate:9.0f}{f.p50_ms:9.2f}{f.p99_ms:9.2f}{f.cpu_s:12.3f}" for n, f in figures.items()]
    lines.append(f"  ours/floor {ratio:.2f} ({_judge(ratio >= LEAST_RATIO)}: at least {LEAST_RATIO})")
    lines.append(f"  p99 {p99_ratio:.2f} times the floor's ({_judge(p99_ratio <= LARGEST_P99_RATIO)}: at most 2)")
    return "\n".join(lines)


def _judge(reached: bool) -> str:  # noqa: FBT001 - a word for a truth
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
