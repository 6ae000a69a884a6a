"""Every table of every service has one rule that says how long its rows are kept, and why (architecture 9)."""

from importlib import import_module

import pytest
from sqlalchemy import Table

from kit.service import Definition
from kit.store.retention import Retention
from kit.store.schema import METADATA as KIT_METADATA
from tests.unit.architecture.sources import SERVICES


def _define(service: str) -> Definition:
    definition: Definition = getattr(import_module(f"{service}.bootstrap"), service.upper())
    return definition


def _tables(service: str) -> set[Table]:
    own = import_module(f"{service}.adapters.tables").METADATA
    return {*own.tables.values(), *KIT_METADATA.tables.values()}


@pytest.mark.parametrize("service", SERVICES)
def test_every_table_has_one_rule(service: str) -> None:
    """No table is forgotten, none has two rules."""
    ruled = [rule.table for rule in _define(service).retention]

    assert sorted(table.name for table in ruled) == sorted(table.name for table in _tables(service))
    assert set(ruled) == _tables(service)


@pytest.mark.parametrize("service", SERVICES)
def test_every_rule_says_why(service: str) -> None:
    """A reason is a sentence."""
    reasons = [rule.why for rule in _define(service).retention]

    assert [why for why in reasons if not why.endswith(".") or why.count(" ") < 3] == []


@pytest.mark.parametrize("service", SERVICES)
def test_ages_are_found_by_index(service: str) -> None:
    """A sweep does not read the rows that stay: an index begins with what the age is counted from."""
    slow = [
        rule.table.name
        for rule in _define(service).retention
        if isinstance(rule, Retention)
        and not any(list(index.columns)[:1] == [rule.column] for index in rule.table.indexes)
    ]

    assert slow == []
