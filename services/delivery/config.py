"""Settings of the delivery service, read from `OUTREACH_` variables (architecture 10)."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from kit.addresses import is_loopback
from kit.config import BaseSettings, Setting, address, url


def vendor_url(text: str) -> str:
    """Accept an https URL; plain http on loopback only, since tokens travel to it (requirement N5)."""
    base = url(text)
    parts = urlsplit(base)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)):
        return base
    raise ValueError("must be an https URL; http is for loopback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """Settings of the delivery service."""

    line_api_url: Annotated[str, Setting("Base URL of LINE's API.", vendor_url)] = "https://api.line.me"
    audience_address: Annotated[str, Setting("Address of the audience service, host:port.", address)]
