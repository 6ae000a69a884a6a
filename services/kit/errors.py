"""Errors that a caller may see, free of any transport; `kit.rpc` turns them into a status (ST 2).

ServiceError
├── InvalidRequest        fields are malformed, missing or out of range
│   └── MalformedName     a resource name is not one (kit.names)
├── RequestIdReused       the same request id with another body
├── EtagMismatch          the resource has changed since the caller read it
├── NotFound              the named resource does not exist
├── AlreadyExists         a resource of that name exists
├── PermissionDenied      not this caller's channel, or there is none
├── Unauthenticated       no token, or one that is not to be trusted
├── ScopeMissing          the token lacks the scope of the method
├── DeadlineExceeded      the call's time is up
├── Unavailable           something that the call needs gives no answer now
├── Unimplemented         the method, or this use of it, does not exist
│   └── NotServedHere     this server has no such method; another one may
├── Conflict              the call lost a race with another one
└── (a service's own)     in its domain/errors.py
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One bad field.

    Attributes:
        field: its path in the request, as `campaign.messages[0]`.
        description: what to send instead; never the value that was sent.
        reason: why it is bad, UPPER_SNAKE, for programs; empty where nobody tells reasons apart.

    """

    field: str
    description: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PreconditionViolation:
    """One condition that does not hold: its kind, as a finding's code, the field or resource, and what to do."""

    type: str
    subject: str
    description: str


class ServiceError(Exception):
    """Base of every error that is part of the API.

    Attributes:
        message: brief, says what to do; no internals, nobody's data (ST 2.5).
        metadata: each variable part of the message, by name (AIP-193).
        fields: bad fields, for INVALID_ARGUMENT.
        preconditions: conditions that don't hold, for FAILED_PRECONDITION.
        retry_after: how long to wait before trying again; None when waiting does not help.

    """

    def __init__(
        self,
        message: str,
        *,
        metadata: Mapping[str, str] | None = None,
        fields: Sequence[FieldViolation] = (),
        preconditions: Sequence[PreconditionViolation] = (),
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.metadata = dict(metadata or {})
        self.fields = tuple(fields)
        self.preconditions = tuple(preconditions)
        self.retry_after = retry_after


class InvalidRequest(ServiceError):  # noqa: N818 - named like the reason that callers see
    """Fields of the request are malformed, missing or out of range; all of them are named."""

    def __init__(self, fields: Sequence[FieldViolation]) -> None:
        paths = ",".join(field.field for field in fields)
        super().__init__(f"Correct these fields: {paths}.", metadata={"fields": paths}, fields=fields)


class RequestIdReused(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The request id was used before with another body (ST 1.12)."""

    def __init__(self, request_id: str) -> None:
        super().__init__(
            "The request_id was used before with another body; use a new one.",
            metadata={"request_id": request_id},
            fields=[FieldViolation("request_id", "was used before with another body", "REQUEST_ID_REUSED")],
        )


class EtagMismatch(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The resource has changed since the caller read it (AIP-154)."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has changed; read it again.", metadata={"name": name})


class NotFound(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The named resource does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not exist.", metadata={"name": name})


class AlreadyExists(ServiceError):  # noqa: N818 - named like the reason that callers see
    """A resource of that name exists."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} exists already.", metadata={"name": name})


class PermissionDenied(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The caller may not make this call; whether what it is about exists is not told (AIP-211).

    `channel` is the name of the resource that tenants are told apart by; None where it is the method that is closed.
    """

    def __init__(self, channel: str | None = None) -> None:
        if channel is None:
            super().__init__("You may not make this call.")
        else:
            super().__init__(f"You may not use {channel}, or it does not exist.", metadata={"channel": channel})


class Unauthenticated(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The call carries no token, or one that is expired or not to be trusted."""

    def __init__(self, message: str = "Send a valid bearer token.") -> None:
        super().__init__(message)


class ScopeMissing(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The token lacks the scope that the method needs."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"The token lacks the scope {scope}.", metadata={"scope": scope})


class DeadlineExceeded(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The call's time is up; whether it had an effect is unknown."""

    def __init__(self) -> None:
        super().__init__("The call took too long; repeat it with more time.")


class Unavailable(ServiceError):  # noqa: N818 - named like the reason that callers see
    """Something that the call needs gives no answer now; `dependency` says what, as `database`."""

    def __init__(self, dependency: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(
            f"No answer from {dependency}; try again later.",
            metadata={"dependency": dependency},
            retry_after=retry_after,
        )


class Unimplemented(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The method, or this use of it, does not exist in this version."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"{feature} is not available in this version.", metadata={"feature": feature})


class NotServedHere(Unimplemented):
    """The server has no such method; the message names what it serves, since a wrong address is the usual cause."""

    def __init__(self, method: str, *, served: Sequence[str], known: bool) -> None:
        """Describe the method, as `package.Service/Method`.

        Args:
            method: what was called.
            served: full names of the services that this server may tell everybody of.
            known: whether the method's service is one of them.

        """
        super().__init__(method)
        service, _, name = method.partition("/")
        if known:
            self.message = f"{service} has no method {name} in this version."
        else:
            self.message = f"This server does not serve {service}; it serves {', '.join(served)}. Check the address."


class Conflict(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The call lost a race with another one and changed nothing."""

    def __init__(self) -> None:
        super().__init__("Another call got in the way; repeat yours.")


class Violations:
    """Gathers bad fields, so that a caller learns of all of them at once (requirement N4)."""

    def __init__(self) -> None:
        self._found: list[FieldViolation] = []

    def add(self, field: str, description: str, reason: str = "") -> None:
        """Note a bad field."""
        self._found.append(FieldViolation(field, description, reason))

    def absorb(self, error: InvalidRequest) -> None:
        """Note what another check has found."""
        self._found.extend(error.fields)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raise `InvalidRequest` with everything that was noted."""
        if self._found:
            raise InvalidRequest(self._found)
