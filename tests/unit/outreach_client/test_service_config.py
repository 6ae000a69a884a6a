"""Timeouts and retries that come with the protos."""

from outreach_client.service_config import drop_timeouts, load_service_config, read_timeouts

CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "a.B", "method": "C"}, {"service": "a.B", "method": "D"}],
            "timeout": "0.5s",
            "retryPolicy": {"maxAttempts": 4},
        },
        {"name": [{"service": "a.B", "method": "E"}]},
    ]
}


def test_timeouts() -> None:
    """Each method has the timeout of its entry; one without is not named."""
    assert read_timeouts(CONFIG) == {"/a.B/C": 0.5, "/a.B/D": 0.5}


def test_dropped_timeouts() -> None:
    """Without timeouts everything else stays, and the original is left alone."""
    dropped = drop_timeouts(CONFIG)

    assert read_timeouts(dropped) == {}
    assert dropped["methodConfig"][0]["retryPolicy"] == {"maxAttempts": 4}
    assert read_timeouts(CONFIG)


def test_shipped() -> None:
    """The configs beside the generated code are found and can be read."""
    config = load_service_config()

    assert all(timeout > 0 for timeout in read_timeouts(config).values())
