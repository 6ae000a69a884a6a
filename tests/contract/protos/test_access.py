"""Every method is closed but to those that its service's table names (architecture 9)."""

import pytest

from kit.rpc.access import check_access
from tests.contract.protos.contract import SERVED, find_methods, load_access, read_comments


@pytest.mark.parametrize("service", SERVED)
def test_every_method_has_a_rule(service: str) -> None:
    """Table and protos hold the same methods, and a table names a method's tenant where its request has one."""
    module = load_access(service)

    assert set(module.ACCESS) == set(find_methods(service))
    check_access(module.ACCESS, (*module.PUBLIC, *getattr(module, "INTERNAL", ())))


@pytest.mark.parametrize("service", SERVED)
def test_internal_methods_are_for_our_services(service: str) -> None:
    """What lies in an internal package asks for a service by name, and what lies outside asks for none."""
    access = load_access(service).ACCESS
    internal = {path for path in access if ".internal." in path}

    assert {path for path, rule in access.items() if rule.services is not None} == internal


@pytest.mark.parametrize("service", SERVED)
def test_scopes_are_documented(service: str) -> None:
    """The comment of a public method names the scope that its table asks for."""
    rules = {path: rule for path, rule in load_access(service).ACCESS.items() if rule.services is None}
    comments = read_comments(service)
    silent = [path for path, rule in rules.items() if rule.scope not in comments[path.rpartition("/")[2]]]

    assert silent == []
