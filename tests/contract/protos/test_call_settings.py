"""Timeout and retry of each method are data beside the protos (ST 1.17, AIP-194)."""

import re

import pytest
from google.protobuf.descriptor import MethodDescriptor

from tests.contract.protos.contract import SERVED, find_methods, load_access, read_call_settings, read_comments

_READS = ("Get", "List", "Check")
_HARMLESS = frozenset(
    {
        "SyncContactList",  # a list that is being read stays so
        "IssueLineToken",  # one more token of 15 minutes, audited like the first
    }
)
_MOST_ATTEMPTS = 5  # gRPC takes no more


@pytest.mark.parametrize("service", SERVED)
def test_every_method_has_a_timeout(service: str) -> None:
    """Each method is named once and has a timeout, except those that stream without end, which have none."""
    access = load_access(service).ACCESS
    named = [path for path, _ in read_call_settings(service)]

    assert sorted(named) == sorted(path for path in find_methods(service) if not access[path].endless)
    assert all(re.fullmatch(r"\d+(\.\d+)?s", entry["timeout"]) for _, entry in read_call_settings(service))


@pytest.mark.parametrize("service", SERVED)
def test_only_safe_methods_are_repeated(service: str) -> None:
    """A retried method reads, has a request_id, is called idempotent in its comment, or is known as harmless."""
    methods, comments = find_methods(service), read_comments(service)
    retried = {path for path, entry in read_call_settings(service) if "retryPolicy" in entry}

    assert [path for path in retried if not _is_safe(methods[path], comments[methods[path].name])] == []


def _is_safe(method: MethodDescriptor, comment: str) -> bool:
    return (
        method.name.startswith(_READS)
        or method.name in _HARMLESS
        or "request_id" in method.input_type.fields_by_name
        or re.search(r"\bidempotent\b", comment, re.IGNORECASE) is not None
    )


@pytest.mark.parametrize("service", SERVED)
def test_only_unavailable_is_repeated(service: str) -> None:
    """No other failure is safe to answer with the same call (AIP-194)."""
    policies = [entry["retryPolicy"] for _, entry in read_call_settings(service) if "retryPolicy" in entry]

    assert {code for policy in policies for code in policy["retryableStatusCodes"]} <= {"UNAVAILABLE"}
    assert all(2 <= policy["maxAttempts"] <= _MOST_ATTEMPTS for policy in policies)


@pytest.mark.parametrize("service", SERVED)
def test_lists_are_paged(service: str) -> None:
    """Every List has been paged from its first version (AIP-158)."""
    lists = [method for method in find_methods(service).values() if method.name.startswith("List")]
    unpaged = [
        method.full_name
        for method in lists
        if not {"page_size", "page_token"} <= set(method.input_type.fields_by_name)
        or "next_page_token" not in method.output_type.fields_by_name
    ]

    assert unpaged == []
