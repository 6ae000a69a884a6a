"""The one server interceptor: observes, limits, authenticates and authorises every call, and answers its errors.

One object instead of five nested ones, since their order is a promise: nothing is parsed for a caller that is not
known, and whatever is raised at any point leaves as a typed status.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError, Message
from grpc.aio import AbortError, ServicerContext
from grpc_status import rpc_status

from kit.errors import FieldViolation, InvalidRequest, NotServedHere
from kit.rpc.access import AccessTable
from kit.rpc.interceptors.auth import Gate
from kit.rpc.interceptors.deadlines import Deadlines
from kit.rpc.interceptors.errors import ErrorTranslator
from kit.rpc.interceptors.observation import Observer

_OPEN_SERVICES = ("/grpc.health.v1.Health/", "/grpc.reflection.v1alpha.ServerReflection/")
"""Probes and tools ask these without a token; they tell nothing of anybody."""

# What a caller made up is not repeated to it.
_PATH = re.compile(r"/[\w.]{1,100}/\w{1,60}", re.ASCII)

# Quoted: the stubs make it generic, the class is not.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Found: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"
Context = ServicerContext[Any, Any]
Parse = Callable[[bytes], Message]
Metadata = Sequence[tuple[str, str | bytes]]


class CallChain(grpc.aio.ServerInterceptor):
    """Wraps every method of a server, once per method."""

    def __init__(
        self,
        *,
        observer: Observer,
        deadlines: Deadlines,
        gate: Gate,
        translator: ErrorTranslator,
        table: AccessTable,
        public: Sequence[str],
    ) -> None:
        """Take what each call passes; `public` are the services that everybody may know of."""
        self._observer = observer
        self._deadlines = deadlines
        self._gate = gate
        self._translator = translator
        self._endless = frozenset(method for method, access in table.items() if access.endless)
        self._public = tuple(public)
        self._wrapped: dict[str, Handler] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Found]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Found:
        """Return the wrapped handler of a method."""
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is not None:
            return known
        handler = await continuation(handler_call_details)
        if handler is None:
            # Not kept: callers may invent any number of methods.
            return grpc.unary_unary_rpc_method_handler(self._refuse(method))
        if not method.startswith(_OPEN_SERVICES):
            handler = self._wrap(method, handler)
        self._wrapped[method] = handler
        return handler

    def _wrap(self, method: str, handler: Handler) -> Handler:
        if handler.request_streaming:
            raise NotImplementedError(f"{method} takes a stream of requests.")
        parse = _parser(handler.request_deserializer)
        # grpc's types know the synchronous signatures only.
        behaviour: Any = handler.unary_stream if handler.response_streaming else handler.unary_unary

        async def admit(body: bytes, metadata: Metadata) -> Message:
            await self._gate.identify(method, metadata)
            request = parse(body)
            self._gate.check_tenant(method, request)
            return request

        async def answer(body: bytes, context: Context) -> Any:
            async def work(metadata: Metadata) -> Any:
                return await behaviour(await admit(body, metadata), context)

            return await self._run(method, context, work)

        async def stream(body: bytes, context: Context) -> None:
            async def work(metadata: Metadata) -> None:
                request = await admit(body, metadata)
                async with aclosing(behaviour(request, context)) as responses:
                    async for response in responses:
                        await context.write(response)

            await self._run(method, context, work)

        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, response_serializer=handler.response_serializer)
        return grpc.unary_unary_rpc_method_handler(answer, response_serializer=handler.response_serializer)

    async def _run(self, method: str, context: Context, work: Callable[[Metadata], Awaitable[Any]]) -> Any:
        metadata = tuple(context.invocation_metadata() or ())
        with self._observer.observe(method, metadata) as call:
            try:
                async with self._deadlines.limit(context.time_remaining(), endless=method in self._endless):
                    answer = await work(metadata)
            except AbortError:
                call.code = context.code()
                raise
            except Exception as error:  # noqa: BLE001 - the translator logs what nobody expected
                failure = self._translator.translate(error)
                call.code, call.reason = failure.code, failure.reason
            else:
                call.code = grpc.StatusCode.OK
                return answer
        # Out here no exception is being handled, so that none hangs on the one that gRPC raises and logs.
        return await context.abort_with_status(rpc_status.to_status(failure.status))

    def _refuse(self, method: str) -> Callable[[bytes, Context], Awaitable[None]]:
        """Return the behaviour of a method that this server lacks: most likely the call is for another server."""
        called = method[1:] if _PATH.fullmatch(method) else "that method"
        known = called.partition("/")[0] in self._public
        error = NotServedHere(called, served=self._public, known=known)

        async def refuse(_body: bytes, context: Context) -> None:
            failure = self._translator.translate(error)
            await context.abort_with_status(rpc_status.to_status(failure.status))

        return refuse


def _parser(deserialize: Parse | None) -> Parse:
    """Return what parses a method's requests; gRPC's own way answers a broken one with UNKNOWN and Python's text."""
    if deserialize is None:
        raise TypeError("A method without a request message can't be served.")

    def parse(body: bytes) -> Message:
        try:
            return deserialize(body)
        except DecodeError:
            raise InvalidRequest(
                [FieldViolation("", "the request is not of its message's form", "MALFORMED")]
            ) from None

    return parse
