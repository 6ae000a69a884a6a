"""What can go wrong in the audience service, for its callers to see.

kit.errors.ServiceError
├── NotFound
│   └── ChannelNotFound        the channel of a piece of work is gone
├── AlreadyExists              also when a channel had the name once
├── LineChannelTaken           the LINE channel is registered under another name
├── Refused                    a vendor does not take the channel's credentials
│   ├── LineRefused
│   ├── LineAudiencesForbidden
│   └── HubSpotRefused
│       ├── HubSpotTokenRefused
│       ├── HubSpotScopeMissing
│       └── HubSpotPropertyMissing
├── HubSpotListNotFound        HubSpot has no such list
├── HubSpotListUnsuitable      the list does not hold contacts, or is of a kind that can't be read
└── Unavailable
    └── VendorUnavailable      LINE or HubSpot gave no useful answer
        ├── AnswerUnreadable       an answer of LINE's, which says nothing of others
        ├── LineRateLimited        the limit of calls is used up, by others too
        ├── HubSpotRateLimited
        └── DailyLimitReached      HubSpot's calls of the day are used up
"""

from collections.abc import Sequence
from datetime import timedelta

from audience.domain.channels import Problem
from audience.domain.contact_lists import CONTACT_OBJECT_TYPE
from kit.errors import NotFound, PreconditionViolation, ServiceError, Unavailable


class ChannelNotFound(NotFound):
    """There is no such channel."""


class LineChannelTaken(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The LINE channel is registered under another name, which is not told."""

    def __init__(self, line_channel_id: str) -> None:
        super().__init__(
            f"The LINE channel {line_channel_id} is registered already.",
            metadata={"line_channel_id": line_channel_id},
        )


class Refused(ServiceError):  # noqa: N818 - named like the reason that callers see
    """A vendor does not take the channel's credentials; `problem` is what the channel then says."""

    problem: Problem
    field: str

    def __init__(self, message: str, *, metadata: dict[str, str] | None = None) -> None:
        violation = PreconditionViolation(self.problem.name, self.field, message)
        super().__init__(message, metadata=metadata, preconditions=[violation])

    def name_channel(self, channel: str) -> None:
        """Say whose credentials are refused; whoever talks to the vendor does not know."""
        self.metadata["channel"] = channel


class LineRefused(Refused):
    """LINE does not take the channel id and secret."""

    problem = Problem.LINE_CREDENTIALS_REFUSED
    field = "channel.line_channel_secret"

    def __init__(self) -> None:
        super().__init__("LINE refuses the channel id and secret; copy them again from the LINE Developers Console.")


class LineAudiencesForbidden(Refused):
    """LINE does not let the account use audiences: those of few countries may (LP 3.1)."""

    problem = Problem.LINE_AUDIENCES_FORBIDDEN
    field = "channel.line_channel_id"

    def __init__(self) -> None:
        super().__init__("LINE does not let this account use audiences; ask LINE which accounts may.")


class HubSpotRefused(Refused):
    """HubSpot does not take the access token for what this service needs."""


class HubSpotTokenRefused(HubSpotRefused):
    """HubSpot refuses the access token."""

    problem = Problem.HUBSPOT_CREDENTIALS_REFUSED
    field = "channel.hubspot_access_token"

    def __init__(self) -> None:
        super().__init__("HubSpot refuses the access token; create a new one.")


class HubSpotScopeMissing(HubSpotRefused):
    """The access token lacks scopes."""

    problem = Problem.HUBSPOT_SCOPE_MISSING
    field = "channel.hubspot_access_token"

    def __init__(self, scopes: Sequence[str]) -> None:
        self.scopes = tuple(sorted(set(scopes)))
        named = ", ".join(self.scopes) or "that HubSpot does not name"
        super().__init__(f"The HubSpot access token lacks scopes: {named}.", metadata={"scopes": ",".join(self.scopes)})


class HubSpotPropertyMissing(HubSpotRefused):
    """HubSpot has no contact property of the configured name."""

    problem = Problem.HUBSPOT_PROPERTY_MISSING
    field = "channel.hubspot_line_id_property"

    def __init__(self, property_name: str) -> None:
        super().__init__(
            f"HubSpot has no contact property {property_name}; give the internal name, not the label.",
            metadata={"property": property_name},
        )


class HubSpotListNotFound(ServiceError):  # noqa: N818 - named like the reason that callers see
    """HubSpot has no such list, or it lies in the recycle bin."""

    def __init__(self, list_id: str) -> None:
        message = f"HubSpot has no list {list_id}; give the ILS list id, not the legacy one."
        violation = PreconditionViolation("HUBSPOT_LIST_NOT_FOUND", "contact_list.hubspot_list_id", message)
        super().__init__(message, metadata={"hubspot_list_id": list_id}, preconditions=[violation])


class HubSpotListUnsuitable(ServiceError):  # noqa: N818 - named like the reason that callers see
    """The HubSpot list does not hold contacts, or is of a kind whose members can't be read (HS 10, trap 9)."""

    def __init__(self, list_id: str, *, object_type: str) -> None:
        holds_contacts = object_type == CONTACT_OBJECT_TYPE
        message = (
            f"The HubSpot list {list_id} is of a kind that can't be read."
            if holds_contacts
            else f"The HubSpot list {list_id} does not hold contacts."
        )
        violation = PreconditionViolation("HUBSPOT_LIST_UNSUITABLE", "contact_list.hubspot_list_id", message)
        metadata = {"hubspot_list_id": list_id, "object_type": object_type}
        super().__init__(message, metadata=metadata, preconditions=[violation])


class VendorUnavailable(Unavailable):
    """LINE or HubSpot gave no useful answer; `vendor` is `line` or `hubspot`."""

    def __init__(self, vendor: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(vendor, retry_after=retry_after)


class AnswerUnreadable(VendorUnavailable):
    """LINE's answer does not read as documented; what it says of other things may."""

    def __init__(self) -> None:
        super().__init__("line")


class LineRateLimited(VendorUnavailable):
    """LINE's limit of calls is used up for now. LINE tells no time; its limits here are per minute (LP 1.3, 1.6)."""

    def __init__(self) -> None:
        super().__init__("line", retry_after=timedelta(minutes=1))


class HubSpotRateLimited(VendorUnavailable):
    """HubSpot's limit of calls is used up for now (HS 4.1)."""

    def __init__(self, *, retry_after: timedelta) -> None:
        super().__init__("hubspot", retry_after=retry_after)


class DailyLimitReached(VendorUnavailable):
    """HubSpot's calls of the day are used up; they come back at the account's midnight (HS 4.1)."""

    def __init__(self, *, retry_after: timedelta | None = None) -> None:
        super().__init__("hubspot", retry_after=retry_after)
