"""What happens to every call: it carries a token, has a deadline, and fails with a `RemoteError`."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
from grpc.aio import ClientCallDetails, Metadata, UnaryStreamCall, UnaryUnaryCall

from outreach_client.errors import decode_error

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")


@dataclass(frozen=True, slots=True)
class Preparation:
    """Completes the details of a call.

    Attributes:
        token: gives the bearer token, asked for every call.
        timeouts: seconds by method path.
        default_timeout: seconds for other methods.
        time_left: gives the seconds that whoever asks us still waits; None = nobody does.

    """

    token: Callable[[], str]
    timeouts: dict[str, float]
    default_timeout: float
    time_left: Callable[[], float | None]

    def complete(self, details: ClientCallDetails) -> ClientCallDetails:
        """Return the details with a token, and with a timeout where the caller has named none."""
        metadata = Metadata(*(details.metadata or ()))
        metadata["authorization"] = f"Bearer {self.token()}"
        # gRPC gives bytes where its types promise text (grpc/grpc issue 31092).
        method = details.method.decode() if isinstance(details.method, bytes) else details.method
        timeout = details.timeout if details.timeout is not None else self._timeout(method)
        return ClientCallDetails(details.method, timeout, metadata, details.credentials, details.wait_for_ready)

    def _timeout(self, method: str) -> float:
        usual = self.timeouts.get(method, self.default_timeout)
        left = self.time_left()
        return usual if left is None else min(usual, left)


class UnaryInterceptor(grpc.aio.UnaryUnaryClientInterceptor):
    """Prepares calls with one answer."""

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation

    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, RequestT], Awaitable[UnaryUnaryCall[RequestT, ResponseT]]],
        client_call_details: ClientCallDetails,
        request: RequestT,
    ) -> ResponseT | UnaryUnaryCall[RequestT, ResponseT]:
        """Make the call; raises `RemoteError` when it fails."""
        call = await continuation(self._preparation.complete(client_call_details), request)
        try:
            await call
        except grpc.aio.AioRpcError as error:
            raise decode_error(error) from error
        return call


class StreamInterceptor(grpc.aio.UnaryStreamClientInterceptor):
    """Prepares calls that are answered by a stream."""

    def __init__(self, preparation: Preparation) -> None:
        self._preparation = preparation

    async def intercept_unary_stream(
        self,
        continuation: Callable[[ClientCallDetails, RequestT], Awaitable[UnaryStreamCall[RequestT, ResponseT]]],
        client_call_details: ClientCallDetails,
        request: RequestT,
    ) -> AsyncIterator[ResponseT] | UnaryStreamCall[RequestT, ResponseT]:
        """Make the call; reading from it raises `RemoteError` when it fails."""
        call = await continuation(self._preparation.complete(client_call_details), request)
        return _decode_stream(call)


async def _decode_stream(responses: AsyncIterable[ResponseT]) -> AsyncIterator[ResponseT]:
    try:
        async for response in responses:
            yield response
    except grpc.aio.AioRpcError as error:
        raise decode_error(error) from error
