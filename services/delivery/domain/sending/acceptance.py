"""What LINE took of a row: under which ids, and what it has told of each (LP 1.9, LP 4.8)."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from delivery.domain.sending.failures import FailureReason
from delivery.domain.sending.values import Ending


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What LINE took: under one id as a rule, under two when it raced with itself (LP 1.9), under none that is known.

    Attributes:
        time: When; ours until LINE's progress tells its own.
        confirmed: Whether `time` is LINE's.
        open_ids: Ids whose outcome is not known.
        delivered_ids: Ids that LINE has delivered.
        denied_ids: Ids that LINE calls repetitions of another one (code 3), or that were never taken.
        failure: Why one of several ids failed while others are open.
        end_time: When LINE ended the first of those that it delivered, or else the last that failed.

    """

    time: datetime
    confirmed: bool = False
    open_ids: tuple[str, ...] = ()
    delivered_ids: tuple[str, ...] = ()
    denied_ids: tuple[str, ...] = ()
    failure: FailureReason | None = None
    end_time: datetime | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids that count, as far as is known."""
        return (*self.delivered_ids, *self.open_ids)

    def knows(self, line_request_id: str) -> bool:
        """Tell whether an id was heard of before."""
        return line_request_id in (*self.ids, *self.denied_ids)

    def with_id(self, line_request_id: str) -> Self:
        """Return it with an id that LINE has named; one that it has denied before stays denied."""
        if self.knows(line_request_id):
            return self
        return dataclasses.replace(self, open_ids=(*self.open_ids, line_request_id))

    def confirm(self, time: datetime) -> Self:
        """Return it with LINE's own time, the earliest of several ids."""
        kept = min(self.time, time) if self.confirmed else time
        return dataclasses.replace(self, time=kept, confirmed=True)

    @property
    def told(self) -> Ending | None:
        """How it ended by what LINE has told so far, whatever is open; without a reason: it was delivered."""
        return None if self.end_time is None else Ending(self.end_time, None if self.delivered_ids else self.failure)

    def delivered(self, line_request_id: str, *, at: datetime) -> Self:
        """Return it with an id that was delivered."""
        return dataclasses.replace(
            self,
            open_ids=self._without(line_request_id),
            delivered_ids=(*self.delivered_ids, line_request_id),
            end_time=min(self.end_time, at) if self.delivered_ids and self.end_time else at,
        )

    def denied(self, line_request_id: str) -> Self:
        """Return it without an id that LINE calls a repetition."""
        return dataclasses.replace(
            self, open_ids=self._without(line_request_id), denied_ids=(*self.denied_ids, line_request_id)
        )

    def failed(self, line_request_id: str, reason: FailureReason, *, at: datetime) -> Self:
        """Return it without an id that LINE failed to deliver."""
        end_time = self.end_time if self.delivered_ids else at
        return dataclasses.replace(self, open_ids=self._without(line_request_id), failure=reason, end_time=end_time)

    def _without(self, line_request_id: str) -> tuple[str, ...]:
        return tuple(known for known in self.open_ids if known != line_request_id)
