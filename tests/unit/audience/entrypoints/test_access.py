"""What `error_reason.proto` promises of the service's own errors."""

import inspect

import grpc

from audience.domain import errors
from audience.entrypoints.access import REASONS
from kit.errors import ServiceError
from kit.rpc.interceptors.errors import COMMON_REASONS
from outreach.audience.v1.error_reason_pb2 import ErrorReason


def test_every_error_has_a_reason() -> None:
    """Each error that the domain raises has a reason of its own or of its base."""
    known = {**COMMON_REASONS, **REASONS}
    abstract = {errors.Refused, errors.HubSpotRefused, ServiceError}
    kinds = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ServiceError)}
    without = {kind for kind in kinds - abstract if not any(base in known for base in kind.__mro__)}

    assert without == set()


def test_reasons_are_declared() -> None:
    """Every reason is a value of the proto, and none of the service's errors is a fault of its own."""
    assert {reason for _, reason in REASONS.values()} <= set(ErrorReason.keys())
    assert grpc.StatusCode.INTERNAL not in {code for code, _ in REASONS.values()}
