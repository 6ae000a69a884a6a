"""Every call on lists."""

from sandbox.hubspot.lists import defining, membership_writes, memberships, reading
from sandbox.hubspot.wire import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *memberships.ENDPOINTS,
    *membership_writes.ENDPOINTS,
    *defining.ENDPOINTS,
    *reading.ENDPOINTS,
)
