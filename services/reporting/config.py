"""Settings of the reporting service, read from `OUTREACH_` variables (architecture 10)."""

from dataclasses import dataclass
from typing import Annotated

from kit.addresses import is_loopback
from kit.config import BaseSettings, ConfigError, Setting, address


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BaseSettings):
    """Settings of the reporting service."""

    delivery_address: Annotated[str, Setting("Address of the delivery service, host:port.", address)]

    def __post_init__(self) -> None:
        """Check what one setting means for another.

        Raises:
            ConfigError: a combination is unsafe.

        """
        BaseSettings.__post_init__(self)
        if self.tls_cert_file is None and not is_loopback(self.delivery_address):
            raise ConfigError({"DELIVERY_ADDRESS": "must be loopback without OUTREACH_TLS_CERT_FILE"})
