"""Turns what a handler raised into a `google.rpc.Status` (ST 2.1, AIP-193)."""

from collections.abc import Mapping
from dataclasses import dataclass

import grpc
import structlog
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, PreconditionFailure, RetryInfo
from google.rpc.status_pb2 import Status

from kit import errors
from kit.store.errors import StoreConflict, StoreError

Reasons = Mapping[type[errors.ServiceError], tuple[grpc.StatusCode, str]]
"""Code and reason of each kind of error; a class without an entry has that of its nearest base."""

COMMON_REASONS: Reasons = {
    errors.InvalidRequest: (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
    errors.RequestIdReused: (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED"),
    errors.EtagMismatch: (grpc.StatusCode.ABORTED, "ETAG_MISMATCH"),
    errors.NotFound: (grpc.StatusCode.NOT_FOUND, "NOT_FOUND"),
    errors.AlreadyExists: (grpc.StatusCode.ALREADY_EXISTS, "ALREADY_EXISTS"),
    errors.PermissionDenied: (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
    errors.Unauthenticated: (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED"),
    errors.ScopeMissing: (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING"),
    errors.DeadlineExceeded: (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
    errors.Unavailable: (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE"),
    errors.Unimplemented: (grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED"),
    errors.Conflict: (grpc.StatusCode.ABORTED, "CONFLICT"),
}
"""What every service's `error_reason.proto` begins with."""

_INTERNAL = (grpc.StatusCode.INTERNAL, "INTERNAL")

# A status travels in a header; gRPC implementations drop calls whose headers exceed 8 KiB, base64 included.
_LARGEST_DETAILS_BYTES = 4096
_LONGEST_MESSAGE = 300

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call failed: the code and reason that are measured, and the status that is sent."""

    code: grpc.StatusCode
    reason: str
    status: Status


class ErrorTranslator:
    """Knows the reasons of one service; `domain` is as `delivery.outreach`."""

    def __init__(self, domain: str, reasons: Reasons) -> None:
        self._domain = domain
        self._reasons = {**COMMON_REASONS, **reasons}

    def translate(self, error: Exception) -> Failure:
        """Describe `error` for the caller; a bug is logged here, and the caller learns no more than that it is one."""
        expected = self._recognise(error)
        if expected is None:
            _log.error("rpc_bug", exc_info=error)
            code, reason = _INTERNAL
            return self._fail(code, reason, errors.ServiceError("The service failed; the fault is not yours."))
        known = next((self._reasons[kind] for kind in type(expected).__mro__ if kind in self._reasons), None)
        if known is None:
            _log.error("rpc_error_without_reason", exc_info=error)
        code, reason = known or _INTERNAL
        return self._fail(code, reason, expected)

    def _recognise(self, error: Exception) -> errors.ServiceError | None:
        """Return what `error` means to a caller; None for a bug."""
        match error:
            case errors.ServiceError():
                return error
            case TimeoutError():
                return errors.DeadlineExceeded()
            case NotImplementedError():
                return errors.Unimplemented("This method")
            case StoreConflict():
                return errors.Conflict()
            case StoreError():
                return errors.Unavailable("database")
        return None

    def _fail(self, code: grpc.StatusCode, reason: str, error: errors.ServiceError) -> Failure:
        details: list[Message] = [ErrorInfo(reason=reason, domain=self._domain, metadata=_short(error.metadata))]
        if error.fields:
            details.append(_bad_request(error))
        if error.preconditions:
            details.append(_precondition_failure(error))
        if error.retry_after is not None:
            delay = Duration()
            delay.FromTimedelta(error.retry_after)
            details.append(RetryInfo(retry_delay=delay))
        _shrink(details)
        status = Status(code=code.value[0], message=error.message[:_LONGEST_MESSAGE])
        status.details.extend(_pack(detail) for detail in details)
        return Failure(code, reason, status)


def _short(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key: value[:_LONGEST_MESSAGE] for key, value in metadata.items()}


def _bad_request(error: errors.ServiceError) -> BadRequest:
    violation = BadRequest.FieldViolation
    return BadRequest(
        field_violations=[violation(field=v.field, description=v.description, reason=v.reason) for v in error.fields]
    )


def _precondition_failure(error: errors.ServiceError) -> PreconditionFailure:
    violation = PreconditionFailure.Violation
    return PreconditionFailure(
        violations=[violation(type=v.type, subject=v.subject, description=v.description) for v in error.preconditions]
    )


def _shrink(details: list[Message]) -> None:
    """Drop the violations that do not fit, the last ones first."""
    lists = [d.field_violations for d in details if isinstance(d, BadRequest)]
    lists += [d.violations for d in details if isinstance(d, PreconditionFailure)]
    while sum(detail.ByteSize() for detail in details) > _LARGEST_DETAILS_BYTES and any(lists):
        max(lists, key=len).pop()


def _pack(detail: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed
