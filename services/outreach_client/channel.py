"""Opens channels to Outreach's services.

async with open_channel("delivery.example:443", token=token, credentials=grpc.ssl_channel_credentials()) as channel:
    campaigns = CampaignServiceStub(channel)
    campaign = await campaigns.GetCampaign(GetCampaignRequest(name="channels/acme/campaigns/may"))
"""

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc

from outreach_client.interceptors import Preparation, StreamInterceptor, UnaryInterceptor
from outreach_client.service_config import drop_timeouts, load_service_config, read_timeouts

DEFAULT_TIMEOUT_S = 30.0
DEFAULT_STREAM_TIMEOUT_S = 3600.0


def open_channel(
    address: str,
    *,
    token: str | Callable[[], str],
    credentials: grpc.ChannelCredentials | None = None,
    service_config: Mapping[str, Any] | None = None,
    time_left: Callable[[], float | None] = lambda: None,
    interceptors: Sequence[grpc.aio.ClientInterceptor] = (),
) -> grpc.aio.Channel:
    """Open a channel for the generated stubs, with bearer token, deadlines, retries, and `RemoteError` for failures.

    Args:
        address: `host:port`.
        token: the bearer token, or what gives one for each call.
        credentials: as `grpc.ssl_channel_credentials()`; None = plain text, for this machine only.
        service_config: timeouts and retries; None = those that come with the protos. A call may name another timeout.
        time_left: seconds that whoever waits for the caller still does, or None; a call takes no longer.
        interceptors: further ones, next to the wire.

    Raises:
        ValueError: the token would travel to another machine in plain text.

    """
    if credentials is None and not _is_this_machine(address):
        raise ValueError("A token must not leave this machine in plain text; give credentials.")
    config = load_service_config() if service_config is None else service_config
    timeouts = read_timeouts(config)
    give_token = token if callable(token) else lambda: token
    ours = [
        UnaryInterceptor(Preparation(give_token, timeouts, DEFAULT_TIMEOUT_S, time_left)),
        StreamInterceptor(Preparation(give_token, timeouts, DEFAULT_STREAM_TIMEOUT_S, time_left)),
    ]
    options = [("grpc.service_config", json.dumps(drop_timeouts(config))), ("grpc.max_metadata_size", 64 * 1024)]
    if credentials is None:
        return grpc.aio.insecure_channel(address, options=options, interceptors=[*ours, *interceptors])
    return grpc.aio.secure_channel(address, credentials, options=options, interceptors=[*ours, *interceptors])


def _is_this_machine(address: str) -> bool:
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
