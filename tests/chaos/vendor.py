"""LINE and HubSpot on the stage, as the sandbox's control face moves them: accounts, illnesses, limits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

EVERY_CALL = "/v2/bot/*"
"""Among them the validation that SendCampaign asks for: nothing can be ordered of an account that is so ill."""
TOKENS = "/oauth2/*"
NARROWCAST = "/v2/bot/message/narrowcast"
PROGRESS = "/v2/bot/message/progress/narrowcast"

_ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendors' side of a stage; `line_channel` is LINE's id of a channel, None means all of them."""

    url: str

    def control(self, route: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the sandbox's control face below `/_control`: POST with a body, GET without."""
        address = f"{self.url}/_control{route}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(address, data, {"Content-Type": "application/json"}), timeout=_ANSWER_S) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    # Illnesses; each is added to those before, and lasts for `times` calls, or until `heal`

    def hang(self, *, path: str = NARROWCAST, line_channel: str | None = None, times: int | None = None) -> None:
        """Let calls hang until the caller gives up."""
        self._fall_ill(path=path, channel=line_channel, kind="hang", times=times)

    def slow_down(
        self, seconds: float, *, path: str = NARROWCAST, line_channel: str | None = None, times: int | None = None
    ) -> None:
        """Let answers come late by `seconds` of machine time, after LINE has done what it was asked."""
        self._fall_ill(path=path, channel=line_channel, kind="delay", seconds=seconds, when="after", times=times)

    def lose_answers(
        self, *, path: str = NARROWCAST, line_channel: str | None = None, every: int = 1, times: int | None = None
    ) -> None:
        """Drop the connection once LINE has done what it was asked, at each `every`-th call."""
        self._fall_ill(path=path, channel=line_channel, kind="drop", when="after", every=every, times=times)

    def answer(
        self,
        status: int,
        *,
        path: str = NARROWCAST,
        line_channel: str | None = None,
        after: bool = False,
        every: int = 1,
        times: int | None = None,
    ) -> None:
        """Answer a status in place of LINE, before or after it has done what it was asked."""
        when = "after" if after else "before"
        self._fall_ill(
            path=path, channel=line_channel, kind="answer", status=status, when=when, every=every, times=times
        )

    def heal(self) -> None:
        """End every illness; calls that hang already go on hanging."""
        with urlopen(Request(f"{self.url}/_control/faults", method="DELETE"), timeout=_ANSWER_S):  # noqa: S310 - loopback
            pass

    # Limits and times

    def switch(self, **settings: Any) -> None:
        """Set switches of `sandbox/line/settings.py`, as `waiting_time=0.1` or `hourly_bucket_capacity=1`."""
        self.control("/line/settings", settings)

    def set_quota(self, line_channel: str, *, limit: int | None, used: int = 0) -> None:
        """Set the month's messages of an OA and how many are used; None is no limit."""
        self.control(f"/line/channels/{line_channel}/quota", {"limit": limit, "used": used})

    # What arrived

    def count_calls(self, *, path: str = NARROWCAST, line_channel: str | None = None) -> int:
        """Return how many calls of a path the journal holds; it keeps the last 20,000 of all paths together."""
        query = {"path": path} | ({} if line_channel is None else {"channel": line_channel})
        return len(self.control(f"/requests?{urlencode(query)}")["requests"])

    def forget_calls(self) -> None:
        """Empty the journal."""
        with urlopen(Request(f"{self.url}/_control/requests", method="DELETE"), timeout=_ANSWER_S):  # noqa: S310 - loopback
            pass

    def _fall_ill(self, **fault: Any) -> None:
        self.control("/faults", fault)
