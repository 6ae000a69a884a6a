"""Every call on contacts."""

from sandbox.hubspot.contacts import batches, reading, searching, writing
from sandbox.hubspot.wire import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *searching.ENDPOINTS,
    *batches.ENDPOINTS,
    *writing.ENDPOINTS,
    *reading.ENDPOINTS,
)
