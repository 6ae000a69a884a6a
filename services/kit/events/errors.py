"""Failures of events that callers handle by kind.

BusUnavailable      the bus can't be reached or didn't confirm; repeat later
MalformedEvent      a message is no CloudEvent of ours
PermanentFailure    a handler will never be able to handle this event
"""


class BusUnavailable(Exception):  # noqa: N818 - reads as the state that it reports, like gRPC's UNAVAILABLE
    """The bus can't be reached or did not confirm; the event may or may not be stored."""


class MalformedEvent(ValueError):  # noqa: N818 - names the thing that is wrong
    """A message lacks a CloudEvents attribute or holds one that can't be read."""


class PermanentFailure(Exception):  # noqa: N818 - names what happened to the event
    """Repeating will not help; the event goes to the dead letters at once.

    `reason` is UPPER_SNAKE and free of personal data: it is stored and shown to operators.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
