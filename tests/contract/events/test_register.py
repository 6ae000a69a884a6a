"""`protos/events.yaml`, the protos and what the services publish are one (ST 3.3)."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import descriptor_pool, json_format
from google.protobuf.message_factory import GetMessageClass

from kit.service import Definition
from tests.contract.events.facts import PUBLISHED

PROTOS = Path(__file__).resolve().parents[3] / "protos"
SOURCE = PROTOS.parent / "services"
SERVICES = ("audience", "delivery", "reporting")
CONSUMING = tuple(name for name in SERVICES if (SOURCE / name / "entrypoints" / "consumers.py").exists())

_PERSONAL = re.compile(r"(^|_)(user_id|line_user|email|phone|first_name|last_name|text|messages?)(_|$)")
_LINE_USER_ID = re.compile(r"\bU[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Registered:
    """One entry of the register."""

    subject: str
    message: str
    version: int
    producer: str
    consumers: list[str]
    example: str


@cache
def read_register() -> tuple[Registered, ...]:
    """Read the register."""
    document = yaml.safe_load((PROTOS / "events.yaml").read_text())
    return tuple(Registered(**entry) for entry in document["events"])


def _describe(name: str) -> Any:
    service = name.split(".")[1]
    import_module(f"outreach.{service}.v1.{service}_events_pb2")
    return descriptor_pool.Default().FindMessageTypeByName(name)


def _published(service: str) -> tuple[str, ...]:
    """Return the names of the messages in a service's `*_events.proto`."""
    module: Any = import_module(f"outreach.{service}.v1.{service}_events_pb2")
    return tuple(message.full_name for message in module.DESCRIPTOR.message_types_by_name.values())


@pytest.mark.parametrize("entry", read_register(), ids=lambda entry: entry.subject)
def test_subject(entry: Registered) -> None:
    """A subject names producer, version, tenant, resource and fact; its message lives in the producer's package."""
    tokens = entry.subject.split(".")

    assert len(tokens) == 6
    assert tokens[:4] == ["outreach", entry.producer, f"v{entry.version}", "{channel}"]
    assert all(re.fullmatch(r"[a-z][a-z_]*", token) for token in tokens[4:])
    assert entry.message.startswith(f"outreach.{entry.producer}.v{entry.version}.")
    assert {entry.producer, *entry.consumers} <= set(SERVICES)


def test_every_message_is_registered_once() -> None:
    """Register and protos hold the same messages, each on one subject."""
    registered = sorted(entry.message for entry in read_register())

    assert registered == sorted(name for service in SERVICES for name in _published(service))
    assert len({entry.subject for entry in read_register()}) == len(read_register())


@pytest.mark.parametrize("entry", read_register(), ids=lambda entry: entry.subject)
def test_example(entry: Registered) -> None:
    """An example is the message in proto3 JSON with every field set, and holds no person."""
    text = (PROTOS / entry.example).read_text()
    message = json_format.Parse(text, GetMessageClass(_describe(entry.message))())

    assert json_format.MessageToDict(message) == json.loads(text)
    assert {field.name for field, _ in message.ListFields()} >= _always_told(message.DESCRIPTOR)
    assert not _LINE_USER_ID.search(text)


def _always_told(message: Any) -> set[str]:
    """Return the fields that no example may leave out: names and times."""
    return {f.name for f in message.fields if f.name.endswith("_time") or f is message.fields[0]}


@pytest.mark.parametrize("entry", read_register(), ids=lambda entry: entry.subject)
def test_fields_hold_no_person(entry: Registered) -> None:
    """Events carry names, times, states and published counts; no field is made for a person or a text (ST 3.1)."""
    assert [field.name for field in _describe(entry.message).fields if _PERSONAL.search(field.name)] == []


def test_no_example_is_left_over() -> None:
    """Every example belongs to an entry."""
    files = {path.relative_to(PROTOS).as_posix() for path in (PROTOS / "examples").iterdir()}

    assert files == {entry.example for entry in read_register()}


@pytest.mark.parametrize("service", SERVICES)
def test_services_publish_what_is_registered(service: str) -> None:
    """Every fact, in each of its kinds, goes out on a registered subject with its message; every subject is used."""
    published = {(event.subject.replace(".acme.", ".{channel}."), event.type) for event in PUBLISHED[service]()}

    assert published == {(entry.subject, entry.message) for entry in read_register() if entry.producer == service}


@pytest.mark.parametrize("service", SERVICES)
def test_bodies_are_their_messages(service: str) -> None:
    """A body is the message that its type names, and no field of it is unknown to the proto."""
    for event in PUBLISHED[service]():
        message = json_format.Parse(event.body, GetMessageClass(_describe(event.type))())

        assert event.resource.startswith(getattr(message, message.DESCRIPTOR.fields[0].name))
        assert event.source == f"outreach.{service}"


@pytest.mark.parametrize("service", CONSUMING)
def test_services_consume_what_is_registered_for_them(service: str) -> None:
    """The subjects that a service's consumers ask NATS for are those that name it as a consumer."""
    definition: Definition = getattr(import_module(f"{service}.bootstrap"), service.upper())
    patterns = [pattern for subscription in definition.subscriptions for pattern in subscription.subjects]
    asked = {e.subject for e in read_register() if any(_matches(pattern, e.subject) for pattern in patterns)}

    assert asked == {entry.subject for entry in read_register() if service in entry.consumers}


def test_only_consumers_are_registered_as_such() -> None:
    """A service that has no consumers is named as one nowhere."""
    assert {name for entry in read_register() for name in entry.consumers} <= set(CONSUMING)


def _matches(pattern: str, subject: str) -> bool:
    tokens, wanted = subject.split("."), pattern.split(".")
    if wanted[-1] == ">":
        wanted, tokens = wanted[:-1], tokens[: len(wanted) - 1]
    return len(wanted) == len(tokens) and all(w in ("*", t) for w, t in zip(wanted, tokens, strict=True))
