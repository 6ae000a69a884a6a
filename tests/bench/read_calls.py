"""What is measured of a read RPC: its rows, its request, and the one SELECT that is its floor (architecture 12)."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import asyncpg
from google.protobuf.message import Message

from kit.rpc.access import Access


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """One read RPC of one service.

    Attributes:
        service: which serves it, as `audience`.
        method: its path, `/package.Service/Method`.
        request: class of its requests.
        response: class of its responses.
        access: the service's own table; the floor asks for the same token.
        seed: SQL that makes rows 1 to `{rows}` by generate_series, one statement each; `{rows}` is filled in.
        make_request: the request for row number n.
        query: the floor's SELECT, with `$1`, `$2`, ….
        find_key: the arguments of the SELECT, of a request.
        write: the response, of a row of the SELECT.

    """

    service: str
    method: str
    request: type[Message]
    response: type[Message]
    access: Mapping[str, Access]
    seed: tuple[str, ...]
    make_request: Callable[[int], Message]
    query: str
    find_key: Callable[[Any], tuple[Any, ...]]
    write: Callable[[asyncpg.Record], Message]

    @property
    def name(self) -> str:
        """The method without its path, as `GetChannel`."""
        return self.method.rpartition("/")[2]

    @property
    def proto_service(self) -> str:
        """Full name of its proto service, as `outreach.audience.v1.ChannelService`."""
        return self.method.split("/")[1]

    def service_access(self) -> dict[str, Access]:
        """Return the rules of its proto service."""
        return {path: rule for path, rule in self.access.items() if path.split("/")[1] == self.proto_service}


READ_CALLS = ("get_campaign", "get_channel")
"""The modules of this folder that hold a `READ_CALL`, in the order in which they are measured."""


def load_read_call(module: str) -> ReadCall:
    """Return the read call of a module of this folder, as `get_channel`."""
    loaded: ModuleType = importlib.import_module(f"tests.bench.{module}")
    call: ReadCall = loaded.READ_CALL
    return call
