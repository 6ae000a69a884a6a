"""Timeout and retry of every method: data beside the protos, shipped with the generated code (ST 1.17, AIP-194)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

_FILE_SUFFIX = "_grpc_service_config.json"


def load_service_config() -> dict[str, Any]:
    """Return one gRPC service config made of all that the package `outreach` holds."""
    documents = (json.loads(file.read_text()) for file in _find(files("outreach")))
    return {"methodConfig": [entry for document in documents for entry in document["methodConfig"]]}


def read_timeouts(config: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds that each method may take, keyed by its path, `/package.Service/Method`."""
    return {
        f"/{name['service']}/{name['method']}": float(entry["timeout"].removesuffix("s"))
        for entry in config["methodConfig"]
        if "timeout" in entry
        for name in entry["name"]
    }


def drop_timeouts(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config without timeouts, which gRPC would enforce even where a call asks for more."""
    kept = [{key: value for key, value in entry.items() if key != "timeout"} for entry in config["methodConfig"]]
    return {"methodConfig": kept}


def _find(folder: Traversable) -> Iterator[Traversable]:
    entries: Iterable[Traversable] = sorted(folder.iterdir(), key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            yield from _find(entry)
        elif entry.name.endswith(_FILE_SUFFIX):
            yield entry
