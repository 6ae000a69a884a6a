"""Settings of the audience service, read from `OUTREACH_` variables (architecture 10)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from audience.adapters.vault import read_keys
from kit.config import BaseSettings, Setting, existing_file, vendor_url


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
