"""Settings of the service beside."""

from kit.config import BaseSettings


class Settings(BaseSettings):
    """What every service has."""
