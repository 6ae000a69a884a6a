"""Names of the audience service's resources."""

from kit.names import VENDOR_ID, ResourceName

CHANNEL = ResourceName("channels/{channel}")
AUDIENCE = ResourceName("channels/{channel}/audiences/{audience}", {"audience": VENDOR_ID})
CONTACT_LIST = ResourceName("channels/{channel}/contactLists/{contact_list}", {"contact_list": VENDOR_ID})
