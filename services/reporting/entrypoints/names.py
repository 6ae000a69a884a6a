"""Names of the reporting service's resources, and of those that they belong to."""

from kit.names import ResourceName

CHANNEL = ResourceName("channels/{channel}")
CAMPAIGN = ResourceName("channels/{channel}/campaigns/{campaign}")
CAMPAIGN_REPORT = ResourceName("channels/{channel}/campaigns/{campaign}/report")
