"""Who makes the present call, free of any transport (architecture 9)."""

from contextvars import ContextVar
from dataclasses import dataclass

ALL_CHANNELS = "*"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller.

    Attributes:
        subject: who it is, as `user:newcomer` or `service:delivery`; never a person's name.
        scopes: what it may do, as `campaign.read`.
        channels: ids of the tenants that it may do it to, or `ALL_CHANNELS` alone.

    """

    subject: str
    scopes: frozenset[str]
    channels: frozenset[str]

    @property
    def sees_all_channels(self) -> bool:
        """Whether no tenant is closed to it."""
        return ALL_CHANNELS in self.channels

    def may_use(self, channel_id: str) -> bool:
        """Tell whether the tenant is open to it; says nothing of whether there is one."""
        return self.sees_all_channels or channel_id in self.channels


_current: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """Return who makes the present call.

    Raises:
        LookupError: outside a call, or in a public one.

    """
    return _current.get()


def set_caller(caller: Caller) -> None:
    """Note who makes the present call, for the rest of the task that serves it."""
    _current.set(caller)
