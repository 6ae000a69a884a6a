"""Failures of events that callers handle by kind.

BusUnavailable      the bus can't be reached or didn't confirm; repeat later
BusRefusal          the bus understood and said no; only an operator can change that
MalformedEvent      a message is no CloudEvent of ours
PermanentFailure    a handler will never be able to handle this event
"""

from datetime import timedelta


class BusUnavailable(Exception):  # noqa: N818 - reads as the state that it reports, like gRPC's UNAVAILABLE
    """The bus can't be reached or did not confirm; the event may or may not be stored."""


# What only an operator can mend is asked for again this often.
REFUSAL_PAUSE = timedelta(minutes=1)


class BusRefusal(Exception):  # noqa: N818 - names what the bus did
    """The bus understood a request about a stream or a consumer and said no; a repeat helps once somebody acted.

    Attributes:
        reason: the bus's own words; it quotes names and limits, never an event.
        code: JetStream's number of the reason.

    """

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(f"{reason} ({code})")
        self.reason = reason
        self.code = code


class MalformedEvent(ValueError):  # noqa: N818 - names the thing that is wrong
    """A message lacks a CloudEvents attribute or holds one that can't be read."""


class PermanentFailure(Exception):  # noqa: N818 - names what happened to the event
    """Repeating will not help; the event goes to the dead letters at once.

    `reason` is UPPER_SNAKE and free of personal data: it is stored and shown to operators.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
