"""What must wake somebody up."""

from typing import Protocol

from delivery.domain.sending.row import SendRow


class Alarms(Protocol):
    """Calls an operator."""

    def raise_accepted_twice(self, row: SendRow) -> None:
        """Tell that LINE has taken a row under two ids, of which both may have reached people (LP 1.9)."""
        ...
