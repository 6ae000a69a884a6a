"""A HubSpot account at scale: generated contacts, some merged and archived, and lists of shares of them (HS 11)."""

from array import array
from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from sandbox.control import ControlError, Document, MissingError
from sandbox.hubspot.account import Account
from sandbox.hubspot.contacts.generated import ContactShares, GeneratedContacts
from sandbox.hubspot.lists.record import CONTACTS, PROCESSING_TYPES
from sandbox.hubspot.properties.definitions import PropertyDefinition
from sandbox.hubspot.state import HubSpot

MOST_CONTACTS = 5_000_000
_PROVIDER = "provider-1"


def generate(hubspot: HubSpot, document: Document) -> Any:
    """Add `count` contacts to the account of the path, and make its `lists`; the same body makes the same ones.

    `property` holds the LINE id (default `line_user_id`); `line_seed`, `provider` and `friends` say whose friends they
    are; `shares` is a `ContactShares`; `merged` and `archived` are shares of contacts that were since. A list is
    `{"name", "share" | "count", "processing_type"?}` of the contacts, and holds what was merged and archived as the
    switches say.
    """
    account = hubspot.accounts.get(int(document.parts["hub_id"]))
    if account is None:
        raise MissingError("no such account")
    count = document.require("count", int)
    if not 0 <= count <= MOST_CONTACTS:
        raise ControlError(f"count: 0 to {MOST_CONTACTS}")
    seed = document.read("seed", int, default=7)
    rng = Random(f"contacts:{seed}:{account.hub_id}")  # noqa: S311 - reproducible, no secrets here
    record_ids = _add_contacts(account, document, count, seed)
    stale = _age(hubspot, account, document, record_ids, rng)
    for entry in document.read("lists", list, default=[]):
        _make_list(hubspot, account, entry, record_ids, stale, rng)
    return {"contacts": len(account.contacts), "lists": len(account.lists)}


def _add_contacts(account: Account, document: Document, count: int, seed: int) -> range:
    name = document.read("property", str, default="line_user_id")
    if name not in account.properties:
        account.define_property(PropertyDefinition(name, "LINE User ID _ 1"))
    source = GeneratedContacts(
        seed=seed,
        line_seed=document.read("line_seed", int, default=seed),
        provider=document.read("provider", str, default=_PROVIDER),
        friends=document.read("friends", int, default=count),
        property_name=name,
        opened_at=account.opened_at,
        shares=ContactShares.from_json(document.read("shares", dict, default={})),
    )
    return account.contacts.add_source(source, count)


def _age(hubspot: HubSpot, account: Account, document: Document, record_ids: range, rng: Random) -> set[int]:
    """Merge and archive shares of the contacts; return the ids that lists no longer hold."""
    now, settings = hubspot.now(), hubspot.settings
    merges, archives = (
        int(len(record_ids) * _read_share(document.body, name, default=0.0)) for name in ("merged", "archived")
    )
    if 2 * merges + archives > len(record_ids):
        raise ControlError("merged, archived: too many together")
    chosen = rng.sample(record_ids, 2 * merges + archives)
    stale: set[int] = set()
    for first, second in zip(chosen[:merges], chosen[merges : 2 * merges], strict=True):
        primary, other = account.contacts.get(first), account.contacts.get(second)
        if primary is not None and other is not None:
            account.merge_contacts(primary, other, now, settings)
        if not settings.merged_stay_members:
            stale |= {first, second}
    for record_id in chosen[2 * merges :]:
        contact = account.contacts.get(record_id)
        if contact is not None:
            account.archive_contact(contact, now, settings)
        if not settings.archived_stay_members:
            stale.add(record_id)
    return stale


def _make_list(
    hubspot: HubSpot, account: Account, entry: Any, record_ids: range, stale: Iterable[int], rng: Random
) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ControlError("lists: objects with a name are expected")
    kind = entry.get("processing_type", "MANUAL")
    if kind not in PROCESSING_TYPES:
        raise ControlError(f"lists.processing_type: one of {PROCESSING_TYPES}")
    count = entry.get("count", round(len(record_ids) * _read_share(entry, "share", default=1.0)))
    if type(count) is not int or not 0 <= count <= len(record_ids):
        raise ControlError(f"lists.count: 0 to {len(record_ids)}")
    now = hubspot.now()
    record = account.create_list(entry["name"], now, object_type_id=CONTACTS, processing_type=kind)
    members = (
        set(rng.sample(record_ids, count)) - set(stale) if count < len(record_ids) else set(record_ids) - set(stale)
    )
    record.start_with(array("q", sorted(members)), now)


def _read_share(body: Mapping[str, Any], name: str, *, default: float) -> float:
    share = body.get(name, default)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise ControlError(f"{name}: 0 to 1 is expected")
    return float(share)
