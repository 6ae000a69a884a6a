"""A small service with every kind of method, described at run time, so that kit's tests need no business protos."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kit.rpc.access import AccessTable, allow, allow_services
from outreach_client.errors import RemoteError

_TEXT = FieldDescriptorProto.TYPE_STRING
_MESSAGE = FieldDescriptorProto.TYPE_MESSAGE

_MESSAGES = {
    "Echo": {"name": "", "text": ""},
    "GetEchoRequest": {"name": ""},
    "ListEchoesRequest": {"query": ""},
    "CreateChannelRequest": {"channel_id": ""},
    "UpdateEchoRequest": {"echo": "Echo"},
    "AskEchoRequest": {"channel": ""},
}
_METHODS = {
    "EchoService": {
        "GetEcho": ("GetEchoRequest", False),
        "ListEchoes": ("ListEchoesRequest", False),
        "CreateChannel": ("CreateChannelRequest", False),
        "UpdateEcho": ("UpdateEchoRequest", False),
        "CountEchoes": ("GetEchoRequest", True),
        "WatchEcho": ("GetEchoRequest", True),
    },
    "EchoInternalService": {"AskEcho": ("AskEchoRequest", False)},
}
PACKAGE = "kit.test.v1"
PUBLIC = f"{PACKAGE}.EchoService"
INTERNAL = f"{PACKAGE}.EchoInternalService"

ACCESS: AccessTable = {
    f"/{PUBLIC}/GetEcho": allow("echo.read", channel="name"),
    f"/{PUBLIC}/ListEchoes": allow("echo.read"),
    f"/{PUBLIC}/CreateChannel": allow("platform.admin", creates="channel_id"),
    f"/{PUBLIC}/UpdateEcho": allow("echo.write", channel="echo.name"),
    f"/{PUBLIC}/CountEchoes": allow("echo.read", channel="name"),
    f"/{PUBLIC}/WatchEcho": allow("echo.read", channel="name", endless=True),
    f"/{INTERNAL}/AskEcho": allow_services("delivery", channel="channel"),
}


def _describe() -> None:
    file = FileDescriptorProto(name="kit/test/v1/echo.proto", package=PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = DescriptorProto(name=name)
        for number, (field, kind) in enumerate(fields.items(), 1):
            label = FieldDescriptorProto.LABEL_OPTIONAL
            type_name = f".{PACKAGE}.{kind}" if kind else None
            message.field.add(
                name=field, number=number, label=label, type=_MESSAGE if kind else _TEXT, type_name=type_name
            )
        file.message_type.append(message)
    for service, methods in _METHODS.items():
        described = file.service.add(name=service)
        for name, (request, streams) in methods.items():
            described.method.add(
                name=name,
                input_type=f".{PACKAGE}.{request}",
                output_type=f".{PACKAGE}.Echo",
                server_streaming=streams,
            )
    descriptor_pool.Default().Add(file)


_describe()


def message(kind: str, /, **fields: Any) -> Any:
    """Return a new message of the test's package."""
    return _class(kind)(**fields)


def _class(name: str) -> type[Message]:
    return GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(f"{PACKAGE}.{name}"))


class EchoServicer:
    """Answers every call by its `answer` and `stream`, which a test replaces."""

    def __init__(self) -> None:
        self.answer: Callable[[Any], Awaitable[Any]] = self._echo
        self.stream: Callable[[Any], AsyncIterator[Any]] = self._count
        self.requests: list[Any] = []

    async def _echo(self, request: Any) -> Any:
        return message("Echo", text=type(request).__name__)

    async def _count(self, _request: Any) -> AsyncIterator[Any]:
        for number in range(3):
            yield message("Echo", text=str(number))

    async def _unary(self, request: Any, _context: Any) -> Any:
        self.requests.append(request)
        return await self.answer(request)

    async def _streaming(self, request: Any, _context: Any) -> AsyncIterator[Any]:
        self.requests.append(request)
        async for response in self.stream(request):
            yield response

    def register(self, server: grpc.aio.Server) -> None:
        """Add all methods to `server`, as generated code does."""
        for service, methods in _METHODS.items():
            handlers = {name: self._handler(*kind) for name, kind in methods.items()}
            server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(f"{PACKAGE}.{service}", handlers)])

    def _handler(self, request: str, streams: bool) -> Any:  # noqa: FBT001 - a row of the table above
        parse, write = _class(request).FromString, _class("Echo").SerializeToString
        if streams:
            return grpc.unary_stream_rpc_method_handler(self._streaming, parse, write)
        return grpc.unary_unary_rpc_method_handler(self._unary, parse, write)


class EchoStub:
    """Calls the methods through a channel, as generated code does."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        for service, methods in _METHODS.items():
            for name, (request, streams) in methods.items():
                factory: Any = channel.unary_stream if streams else channel.unary_unary
                write, parse = _class(request).SerializeToString, _class("Echo").FromString
                setattr(self, name, factory(f"/{PACKAGE}.{service}/{name}", write, parse))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def raw_method(channel: grpc.aio.Channel, path: str) -> Any:
    """Return what calls a method with bytes of the test's choice."""
    return channel.unary_unary(path)


async def read_until_failure(call: AsyncIterator[Any]) -> tuple[list[str], RemoteError | None]:
    """Return the texts of a stream and how it failed."""
    seen = []
    try:
        async for response in call:
            seen.append(response.text)  # noqa: PERF401 - what came before the failure counts
    except RemoteError as error:
        return seen, error
    return seen, None
