"""Alarms that a test can look at."""

from delivery.domain.sending.row import SendRow


class FakeAlarms:
    """`Alarms` that keep what they were raised for."""

    def __init__(self) -> None:
        self.accepted_twice: list[str] = []

    def raise_accepted_twice(self, row: SendRow) -> None:
        """Keep the row's name."""
        self.accepted_twice.append(row.name)
