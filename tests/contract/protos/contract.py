"""The services' methods, their access tables and their call settings, as the files of this repository hold them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

PROTOS = Path(__file__).resolve().parents[3] / "protos"
SOURCE = PROTOS.parent / "services"
ALL_SERVICES = ("audience", "delivery", "reporting")
SERVED = tuple(name for name in ALL_SERVICES if (SOURCE / name / "entrypoints" / "access.py").exists())
"""The services that serve RPCs, each by the table in its `entrypoints/access.py`."""

_RPC = re.compile(r"((?:^ *//[^\n]*\n)+) *rpc (\w+)", re.MULTILINE)


@cache
def find_methods(service: str) -> dict[str, MethodDescriptor]:
    """Return every method that the protos of a service declare, keyed by its path, `/package.Service/Method`."""
    methods: dict[str, MethodDescriptor] = {}
    for path in sorted((PROTOS / "outreach" / service).rglob("*.proto")):
        name = path.relative_to(PROTOS).as_posix()
        import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
        for declared in descriptor_pool.Default().FindFileByName(name).services_by_name.values():
            methods |= {f"/{declared.full_name}/{m}": d for m, d in declared.methods_by_name.items()}
    return methods


@cache
def read_comments(service: str) -> dict[str, str]:
    """Return the comment of every method, keyed by the method's name."""
    texts = [path.read_text() for path in (PROTOS / "outreach" / service).rglob("*.proto")]
    return {name: comment for text in texts for comment, name in _RPC.findall(text)}


def read_call_settings(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each method's path with its entry in a `*_grpc_service_config.json`."""
    for path in sorted((PROTOS / "outreach" / service).rglob("*_grpc_service_config.json")):
        for entry in json.loads(path.read_text())["methodConfig"]:
            yield from ((f"/{name['service']}/{name['method']}", entry) for name in entry["name"])


def load_access(service: str) -> Any:
    """Import the module with a service's `ACCESS`, `PUBLIC` and, where it has them, `INTERNAL` and `REASONS`."""
    return import_module(f"{service}.entrypoints.access")
