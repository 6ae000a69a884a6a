"""A failed call, decoded: what `google.rpc.Status` says, as plain values (AIP-193)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One bad field of the request: its path, what to send instead, and why it is bad, UPPER_SNAKE or empty."""

    field: str
    description: str
    reason: str


@dataclass(frozen=True, slots=True)
class PreconditionViolation:
    """One condition that does not hold: its kind, as a finding's code, what it is about, and what to do."""

    type: str
    subject: str
    description: str


class RemoteError(Exception):
    """A call failed.

    Attributes:
        code: gRPC's status code.
        reason: what went wrong, as `POLICY_REFUSED`; the service's `error_reason.proto` lists all. The name of the code
            where the answer did not come from a service of ours, as when it can't be reached.
        domain: who says so, as `delivery.outreach`; empty where it did not come from a service of ours.
        message: one sentence for a person.
        metadata: variable parts of the message, by name.
        field_violations: bad fields, with INVALID_ARGUMENT.
        precondition_violations: conditions that don't hold, with FAILED_PRECONDITION.
        retry_after: how long to wait before trying again; None when the answer does not say.

    """

    def __init__(
        self,
        code: grpc.StatusCode,
        *,
        message: str,
        reason: str = "",
        domain: str = "",
        metadata: Mapping[str, str] | None = None,
        field_violations: tuple[FieldViolation, ...] = (),
        precondition_violations: tuple[PreconditionViolation, ...] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason or code.name
        self.domain = domain
        self.metadata = dict(metadata or {})
        self.field_violations = field_violations
        self.precondition_violations = precondition_violations
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message}"


def decode_error(error: grpc.aio.AioRpcError) -> RemoteError:
    """Return what a failed call's status says; details that can't be read count as absent."""
    try:
        status = rpc_status.from_call(error)  # type: ignore[arg-type]  # reads what both kinds of calls have
    except (ValueError, DecodeError):
        status = None
    if status is None:
        return RemoteError(error.code(), message=error.details() or "")
    return _from_status(error.code(), status)


def _from_status(code: grpc.StatusCode, status: Status) -> RemoteError:
    info, bad, precondition, retry = ErrorInfo(), BadRequest(), PreconditionFailure(), RetryInfo()
    for detail in status.details:
        for message in (info, bad, precondition, retry):
            detail.Unpack(message)
    return RemoteError(
        code,
        message=status.message,
        reason=info.reason,
        domain=info.domain,
        metadata=info.metadata,
        field_violations=tuple(FieldViolation(v.field, v.description, v.reason) for v in bad.field_violations),
        precondition_violations=tuple(
            PreconditionViolation(v.type, v.subject, v.description) for v in precondition.violations
        ),
        retry_after=retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None,
    )
