"""The month's messages: how many there are and how many are used (LP 6.1)."""

from dataclasses import dataclass
from enum import StrEnum

from lineapi.fields import Fields
from lineapi.transport import LOOKUP_ATTEMPTS, LOOKUP_TIMEOUT, Call, LINETransport


class QuotaType(StrEnum):
    """The types that LP 6.1 knows; an answer may hold another one."""

    LIMITED = "limited"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Quota:
    """Free and additional messages of this month, those sent from OA Manager included.

    Attributes:
        type: one of `QuotaType`, where `none` says that no limit is set, or a value that LINE adds later.
        value: number of messages; always there for `limited`.

    """

    type: str
    value: int | None


class QuotaAPI:
    """`/v2/bot/message/quota` and `/consumption`, each 2,000/s (LP 1.6)."""

    def __init__(self, transport: LINETransport) -> None:
        self._transport = transport

    async def get(self, token: str, *, within: float = LOOKUP_TIMEOUT) -> Quota:
        """Get the quota of this month."""
        return await self._transport.ask(_look_up("/v2/bot/message/quota", token, within), _read_quota)

    async def get_consumption(self, token: str, *, within: float = LOOKUP_TIMEOUT) -> int:
        """Get the number of messages used this month; approximate, and blind to holds (LP 6.1, 6.3, trap 45)."""
        call = _look_up("/v2/bot/message/quota/consumption", token, within)
        return await self._transport.ask(call, lambda answer: answer.read_integer("totalUsage"))


def _look_up(path: str, token: str, within: float) -> Call:
    return Call(method="GET", path=path, token=token, within=within, attempts=LOOKUP_ATTEMPTS)


def _read_quota(answer: Fields) -> Quota:
    kind = answer.read_text("type")
    value = answer.read_integer("value") if kind == QuotaType.LIMITED else answer.find_integer("value")
    return Quota(type=kind, value=value)
