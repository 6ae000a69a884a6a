"""Which URLs can be a webhook endpoint (LP 8.1)."""

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from yarl import URL

from sandbox.line.errors import Problems
from sandbox.line.settings import LineSettings

LONGEST_URL = 500
# URLs in bodies are percent-encoded (LP 1.1).
_ENCODED = re.compile(r"[!-~]+")


def check_endpoint(url: Any, settings: LineSettings, problems: Problems) -> None:
    """Note what is wrong with an endpoint: up to 500 characters, https unless a switch allows plain http."""
    if not problems.require_text(url, "endpoint", longest=LONGEST_URL):
        return
    parts = _split(url)
    if parts is None:
        problems.add("endpoint", "invalid url")
    elif parts.scheme != "https" and not (parts.scheme == "http" and _may_be_plain(parts, settings)):
        problems.add("endpoint", "invalid uri scheme")


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL that names a host; None when it can't be called."""
    if not _ENCODED.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        if parts.port == 0 or not parts.hostname or parts.username is not None:
            return None
        # Whoever calls it is stricter in some things, as a backslash.
        URL(url, encoded=True)
    except ValueError:
        return None
    return parts


def _may_be_plain(parts: SplitResult, settings: LineSettings) -> bool:
    if settings.webhook_plain_http != "loopback":
        return settings.webhook_plain_http == "anywhere"
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
