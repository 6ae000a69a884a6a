"""Addresses to listen on."""

import ipaddress

_LARGEST_PORT = 65_535


def split_address(text: str) -> tuple[str, int]:
    """Split `host:port`, brackets around IPv6 taken off.

    Raises:
        ValueError: it is not of that form.

    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise ValueError("must have the form host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(address: str) -> bool:
    """Tell whether only this machine can reach a listener at `host:port`; of names, localhost alone is believed."""
    host, _ = split_address(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
