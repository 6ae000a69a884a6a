"""The age of facts."""

from datetime import timedelta

from tests.strategies.policy import NOW, make_audience, make_facts


def test_old_facts_are_named() -> None:
    """Audiences of which LINE was asked too long ago are named; the allowed age itself is not too long."""
    facts = make_facts([make_audience(101)])

    assert facts.name_stale_audiences(at=NOW, oldest=timedelta(minutes=1)) == ()
    assert facts.name_stale_audiences(at=NOW, oldest=timedelta(seconds=59)) == ("channels/acme/audiences/101",)
