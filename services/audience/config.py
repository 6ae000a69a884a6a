"""Settings of the audience service, read from `OUTREACH_` variables (architecture 10)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from audience.adapters.vault import read_keys
from kit.addresses import is_loopback
from kit.config import BaseSettings, Setting, existing_file, url


def vendor_url(text: str) -> str:
    """Accept an https URL; plain http on loopback only, since credentials travel to it (requirement N5)."""
    base = url(text)
    parts = urlsplit(base)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)):
        return base
    raise ValueError("must be an https URL; http is for loopback")


def vault_keys_file(text: str) -> Path:
    """Accept a file with the keys that encrypt credentials."""
    path = existing_file(text)
    read_keys(path)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """Settings of the audience service."""

    line_api_url: Annotated[str, Setting("Base URL of LINE's API.", vendor_url)] = "https://api.line.me"
    hubspot_url: Annotated[str, Setting("Base URL of HubSpot's API.", vendor_url)] = "https://api.hubapi.com"
    keys_file: Annotated[Path, Setting("Keys that encrypt credentials, JSON {current, keys}.", vault_keys_file)]
