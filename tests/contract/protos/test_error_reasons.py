"""What a service answers is what its `error_reason.proto` lists (ST 2.2, AIP-193)."""

import re
from importlib import import_module
from typing import Any

import pytest

from kit.rpc.interceptors.errors import COMMON_REASONS
from tests.contract.protos.contract import PROTOS, SERVED, load_access

_UNSPECIFIED = "ERROR_REASON_UNSPECIFIED"
_BUG = "INTERNAL"
_VALUE = re.compile(r"((?:^ *//[^\n]*\n)+) *([A-Z][A-Z0-9_]*) = \d+;", re.MULTILINE)


def _declared(service: str) -> set[str]:
    module: Any = import_module(f"outreach.{service}.v1.error_reason_pb2")
    return set(module.ErrorReason.keys()) - {_UNSPECIFIED}


def _mapped(service: str) -> set[str]:
    own = getattr(load_access(service), "REASONS", {})
    return {reason for _, reason in {**COMMON_REASONS, **own}.values()} | {_BUG}


@pytest.mark.parametrize("service", SERVED)
def test_declared_reasons_are_answered(service: str) -> None:
    """Every reason of the enum has an error that leads to it, and every error a reason of the enum."""
    assert _mapped(service) == _declared(service)


@pytest.mark.parametrize("service", SERVED)
def test_reasons_fit_the_rules(service: str) -> None:
    """A reason is UPPER_SNAKE of at most 63 characters (AIP-193)."""
    assert [reason for reason in _declared(service) if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,61}[A-Z0-9]", reason)] == []


@pytest.mark.parametrize("service", SERVED)
def test_reasons_show_an_example(service: str) -> None:
    """The comment of each reason shows its ErrorInfo with the service's domain."""
    text = (PROTOS / "outreach" / service / "v1" / "error_reason.proto").read_text()
    comments = {name: comment for comment, name in _VALUE.findall(text)}
    silent = [reason for reason in _declared(service) if f'"{service}.outreach"' not in comments.get(reason, "")]

    assert silent == []


def test_common_reasons_have_one_code() -> None:
    """A caller that knows the reason knows the code."""
    codes: dict[str, set[str]] = {}
    for code, reason in COMMON_REASONS.values():
        codes.setdefault(reason, set()).add(code.name)

    assert {reason: found for reason, found in codes.items() if len(found) > 1} == {}
