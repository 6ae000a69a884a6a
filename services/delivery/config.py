"""Settings of the delivery service, read from `OUTREACH_` variables (architecture 10)."""

from dataclasses import dataclass
from typing import Annotated

from delivery.domain.sending.lanes import NARROWCAST_BURST
from kit.config import BaseSettings, Setting, address, integer, vendor_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """Settings of the delivery service."""

    line_api_url: Annotated[str, Setting("Base URL of LINE's API.", vendor_url)] = "https://api.line.me"
    audience_address: Annotated[str, Setting("Address of the audience service, host:port.", address)]
    narrowcast_burst: Annotated[
        int, Setting("Narrowcasts of one channel that may go at once, 1 to 60.", integer(lowest=1, highest=60))
    ] = NARROWCAST_BURST
