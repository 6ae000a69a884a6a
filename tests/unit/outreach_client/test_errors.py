"""Decoding of failed calls."""

from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, PreconditionFailure, RetryInfo
from google.rpc.status_pb2 import Status
from grpc.aio import AioRpcError, Metadata

from outreach_client.errors import PreconditionViolation, decode_error

_KEY = "grpc-status-details-bin"


def _failure(details: bytes | None, message: str = "Refused.") -> AioRpcError:
    trailing = Metadata() if details is None else Metadata((_KEY, details))
    return AioRpcError(grpc.StatusCode.FAILED_PRECONDITION, Metadata(), trailing, details=message)


def _status(*messages: ErrorInfo | PreconditionFailure | RetryInfo) -> bytes:
    status = Status(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message="Refused.")
    for message in messages:
        packed = Any()
        packed.Pack(message)
        status.details.append(packed)
    return bytes(status.SerializeToString())


def test_details() -> None:
    """Everything that a status says arrives as plain values."""
    error = decode_error(
        _failure(
            _status(
                ErrorInfo(reason="POLICY_REFUSED", domain="delivery.outreach", metadata={"codes": "A,B"}),
                PreconditionFailure(
                    violations=[PreconditionFailure.Violation(type="A", subject="targeting", description="Add a list.")]
                ),
                RetryInfo(retry_delay=Duration(seconds=2)),
            )
        )
    )

    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "POLICY_REFUSED")
    assert (error.domain, error.metadata) == ("delivery.outreach", {"codes": "A,B"})
    assert error.precondition_violations == (PreconditionViolation("A", "targeting", "Add a list."),)
    assert error.field_violations == ()
    assert error.retry_after == timedelta(seconds=2)
    assert str(error) == "FAILED_PRECONDITION POLICY_REFUSED: Refused."


def test_no_details() -> None:
    """A failure that no service of ours explained has the code as its reason, and no domain."""
    error = decode_error(_failure(None, "Connection reset."))

    assert (error.reason, error.domain, error.message) == ("FAILED_PRECONDITION", "", "Connection reset.")
    assert error.retry_after is None


def test_foreign_details() -> None:
    """Details that contradict the status, or are none, count as absent."""
    assert decode_error(_failure(_status(ErrorInfo(reason="X")), "Another message.")).reason == "FAILED_PRECONDITION"
    assert decode_error(_failure(b"\xff\xff\xff")).reason == "FAILED_PRECONDITION"
