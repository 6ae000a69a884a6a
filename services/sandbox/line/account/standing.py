"""What kind of account an OA is, which decides what it may ask for (LP 6.4, 6.5)."""

from dataclasses import dataclass

COUNTRIES = ("JP", "TH", "TW", "OTHER")
CHAT_MODES = ("chat", "bot")
MARK_AS_READ_MODES = ("auto", "manual")


@dataclass(frozen=True, slots=True)
class Standing:
    """The account's plan and set-up; followers' ids are for verified or premium accounts."""

    country: str = "JP"
    verified: bool = True
    premium_id: str | None = None
    picture_url: str | None = None
    chat_mode: str = "bot"
    mark_as_read_mode: str = "auto"

    @property
    def lists_followers(self) -> bool:
        """Whether followers' ids may be read."""
        return self.verified or self.premium_id is not None
