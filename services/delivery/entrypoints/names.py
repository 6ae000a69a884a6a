"""Names of the resources in requests (AIP-122)."""

from kit.names import CALLER_ID, ResourceName

CHANNEL = ResourceName("channels/{channel}", {"channel": CALLER_ID})
CAMPAIGN = ResourceName("channels/{channel}/campaigns/{campaign}", {"channel": CALLER_ID, "campaign": CALLER_ID})
