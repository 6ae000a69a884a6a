"""The HubSpot stand-in as a whole: accounts, the apps that may call them, settings and clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from sandbox.clock import Clock
from sandbox.hubspot.account import Account
from sandbox.hubspot.limits import RollingWindow
from sandbox.hubspot.oauth.grants import Grants
from sandbox.hubspot.settings import HubSpotSettings
from sandbox.hubspot.webhooks.outbox import Outbox

# The scopes of HS 2.3 that the calls built here ask for.
LISTS_READ = "crm.lists.read"
LISTS_WRITE = "crm.lists.write"
CONTACTS_READ = "crm.objects.contacts.read"
CONTACTS_WRITE = "crm.objects.contacts.write"
SCHEMAS_READ = "crm.schemas.contacts.read"
SCHEMAS_WRITE = "crm.schemas.contacts.write"
PREFERENCES_READ = "communication_preferences.read"
ALL_SCOPES = frozenset(
    {PREFERENCES_READ, LISTS_READ, LISTS_WRITE, CONTACTS_READ, CONTACTS_WRITE, SCHEMAS_READ, SCHEMAS_WRITE}
)

_FIRST_HUB_ID = 20_000_001


@dataclass(slots=True)
class App:
    """Who calls one account: a static token (HS 2.1) or an OAuth app, each with a burst window of its own (HS 4.1)."""

    account: Account
    scopes: frozenset[str]
    burst: RollingWindow = field(default_factory=RollingWindow)
    is_oauth: bool = False


class HubSpot:
    """Every account of the stand-in. Settings may be replaced at any time and hold from the next request on."""

    def __init__(self, *, clock: Clock, settings: HubSpotSettings | None = None) -> None:
        self.settings = settings or HubSpotSettings()
        self.accounts: dict[int, Account] = {}
        self.random = Random(self.settings.seed)  # noqa: S311 - reproducible from a seed, guards nothing
        self.grants = Grants(lambda: self.random)
        self.outbox = Outbox()
        self.clock = clock
        self._apps: dict[str, App] = {}

    def now(self) -> datetime:
        """Return the stand-in's present time."""
        return self.clock.now()

    def open_account(self, token: str, *, scopes: Iterable[str] = ALL_SCOPES) -> Account:
        """Open an empty account with one app, called with `token`."""
        account = Account(_FIRST_HUB_ID + len(self.accounts), opened_at=self.now())
        account.contacts.listener = lambda change: self.outbox.tell(account.hub_id, change, self.now())
        self.accounts[account.hub_id] = account
        self.issue_token(token, account, scopes=scopes)
        return account

    def issue_token(self, token: str, account: Account, *, scopes: Iterable[str] = ALL_SCOPES) -> None:
        """Let `token` call this account with these scopes, from now on; replaces what it could do before."""
        self._apps[token] = App(account, frozenset(scopes))

    def revoke_token(self, token: str) -> None:
        """Refuse this token from now on; unknown ones are refused anyway."""
        self._apps.pop(token, None)

    def app_of(self, token: str) -> App | None:
        """Return the app that calls with this token, static or of OAuth; None when it opens nothing now."""
        found = self._apps.get(token)
        if found is not None:
            return found
        access = self.grants.find_access(token, self.now())
        if access is None or access.grant.account is None:
            return None
        return App(access.grant.account, access.grant.scopes, access.grant.burst, is_oauth=True)

    def make_id(self) -> str:
        """Make a correlation or request id, reproducible from the seed."""
        return str(UUID(int=self.random.getrandbits(128), version=4))
