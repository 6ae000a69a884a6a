"""What the contract suite arranges, for the fake and for the client on the sandbox alike."""

from collections.abc import Iterable
from typing import Protocol

from audience.application.hubspot_port import ContactSource, HubSpotCredentials
from sandbox.hubspot.account import Account
from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.lists.record import Change
from sandbox.hubspot.properties.definitions import PropertyDefinition
from tests.contract.sandbox.hubspot.serving import TOKEN, RunningHubSpot
from tests.fakes.hubspot import ALL_SCOPES, FakeContactSource


class World(Protocol):
    """A HubSpot account with the property `line_user_id`, to be read by `source`."""

    credentials: HubSpotCredentials

    @property
    def source(self) -> ContactSource:
        """The port under test."""

    def grant(self, token: str, scopes: Iterable[str] = ALL_SCOPES) -> HubSpotCredentials:
        """Let a token call with these scopes."""

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""

    def add_contact(self, line_id: str | None = None) -> str:
        """Make a contact; return its record id."""

    def archive_contact(self, record_id: str) -> None:
        """Archive a contact; lists keep it."""

    def merge_contacts(self, primary: str, other: str) -> str:
        """Merge two contacts into a third, which joins their lists; return its record id."""

    def add_list(
        self,
        name: str,
        record_ids: Iterable[str] = (),
        *,
        object_type_id: str = "0-1",
        processing_type: str = "MANUAL",
    ) -> str:
        """Make a list with members; return its id."""

    def change_members(self, list_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Let records join and leave a list."""

    def delete_list(self, list_id: str) -> None:
        """Move a list to the recycle bin."""


class FakeWorld(FakeContactSource):
    """The fake is its own world."""

    @property
    def source(self) -> ContactSource:
        """The fake itself."""
        return self


class SandboxWorld:
    """The client, and the account of a running stand-in that it reads."""

    def __init__(self, source: ContactSource, running: RunningHubSpot) -> None:
        self.source = source
        self.credentials = HubSpotCredentials(TOKEN)
        self.running = running
        self.account: Account = running.hubspot.open_account(TOKEN)
        self.account.define_property(PropertyDefinition("line_user_id", "LINE User ID _ 1"))

    def grant(self, token: str, scopes: Iterable[str] = ALL_SCOPES) -> HubSpotCredentials:
        """Let a token call with these scopes."""
        self.running.hubspot.issue_token(token, self.account, scopes=scopes)
        return HubSpotCredentials(token)

    def revoke(self, token: str) -> None:
        """Refuse a token from now on."""
        self.running.hubspot.revoke_token(token)

    def add_contact(self, line_id: str | None = None) -> str:
        """Make a contact."""
        properties = {"firstname": "N", "line_user_id": line_id or ""}
        return str(self.account.contacts.create(properties, self.running.clock.now()).record_id)

    def archive_contact(self, record_id: str) -> None:
        """Archive a contact."""
        self.account.archive_contact(self._contact(record_id), self.running.clock.now(), self.running.hubspot.settings)

    def merge_contacts(self, primary: str, other: str) -> str:
        """Merge two contacts."""
        merged = self.account.merge_contacts(
            self._contact(primary), self._contact(other), self.running.clock.now(), self.running.hubspot.settings
        )
        return str(merged.record_id)

    def add_list(
        self,
        name: str,
        record_ids: Iterable[str] = (),
        *,
        object_type_id: str = "0-1",
        processing_type: str = "MANUAL",
    ) -> str:
        """Make a list with members."""
        record = self.account.create_list(
            name, self.running.clock.now(), object_type_id=object_type_id, processing_type=processing_type
        )
        self.change_members(str(record.list_id), add=record_ids)
        return str(record.list_id)

    def change_members(self, list_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Let records join and leave a list."""
        self.running.clock.advance(1)
        change = Change(add=tuple(map(int, add)), remove=tuple(map(int, remove)))
        self.account.lists[int(list_id)].change(change, self.running.clock.now(), self.running.hubspot.settings)

    def delete_list(self, list_id: str) -> None:
        """Move a list to the recycle bin."""
        self.account.lists[int(list_id)].deleted_at = self.running.clock.now()

    def _contact(self, record_id: str) -> Contact:
        contact = self.account.contacts.get(int(record_id))
        assert contact
        return contact
