"""Continuation tokens that live for 24 h (LP 6.4, 7.3)."""

from datetime import datetime, timedelta
from random import Random

LIFE = timedelta(hours=24)


class PageTokens:
    """Opaque tokens, each for the place at which a list goes on."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._places: dict[str, tuple[datetime, int]] = {}

    def issue(self, place: int, now: datetime) -> str:
        """Return a token for a place."""
        for old in [token for token, (issued, _) in self._places.items() if now >= issued + LIFE]:
            del self._places[old]
        token = f"{self._random.getrandbits(192):048x}"
        self._places[token] = now, place
        return token

    def open(self, token: str, now: datetime) -> int | None:
        """Return the place of a token; None when it is unknown or too old."""
        found = self._places.get(token)
        return None if found is None or now >= found[0] + LIFE else found[1]
