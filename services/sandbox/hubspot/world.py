"""The demo world: a shop's HubSpot account whose contacts are partly friends of its LINE official account."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from sandbox.hubspot.account import Account
from sandbox.hubspot.contacts.contact import Contact
from sandbox.hubspot.lists.record import COMPANIES, DYNAMIC, Change
from sandbox.hubspot.properties.definitions import PropertyDefinition
from sandbox.hubspot.state import HubSpot

DEMO_TOKEN = "pat-sandbox-demo-0001"  # noqa: S105 - opens nothing but the sandbox
NEWSLETTER = "メルマガ会員"
BUYERS = "購入者"
DO_NOT_SEND = "配信しない"
SUPPLIERS = "取引先企業"

_FAMILY_NAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤")
_GIVEN_NAMES = ("陽葵", "蓮", "凛", "湊", "結菜", "蒼", "芽依", "樹", "葵", "悠真")
_MALFORMED = ("u-unknown", "@friend", "U12345", "LINE User", "Uzzzz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What part of the contacts is how (HS 11, datasets); the rest has the LINE id of a friend."""

    friends: float = 0.7  # of the LINE friends, how many are contacts
    without_id: float = 0.25
    foreign: float = 0.03  # well-formed ids that are no friends: blocked long ago, or of another provider
    malformed: float = 0.02
    duplicate: float = 0.02
    merged: float = 0.01
    archived: float = 0.01
    newsletter: float = 0.6
    buyers: float = 0.3
    do_not_send: float = 0.04
    least_contacts: int = 400
    suppliers: int = 40


def populate(
    hubspot: HubSpot,
    *,
    seed: int,
    line_user_ids: Sequence[str],
    property_name: str = "line_user_id",
    token: str = DEMO_TOKEN,
    shares: Shares | None = None,
) -> None:
    """Make the shop's account; the same arguments make the same account.

    Two contact lists, an exclusion list, and a list of companies that holds no contacts. Contacts lack a LINE id,
    hold a malformed one, one of somebody who is no friend, or share one; some were merged or archived since.
    """
    account = hubspot.open_account(token)
    account.define_property(PropertyDefinition(property_name, "LINE User ID _ 1"))
    shop = _Shop(hubspot, account, Random(seed), property_name, shares or Shares())  # noqa: S311 - reproducible
    people = shop.make_contacts(line_user_ids)
    shop.make_lists(people)
    shop.age(people)


class _Shop:
    """The random choices of one demo account, in a fixed order."""

    def __init__(self, hubspot: HubSpot, account: Account, random: Random, property_name: str, shares: Shares) -> None:
        self._hubspot = hubspot
        self._account = account
        self._random = random
        self._property = property_name
        self._shares = shares

    def make_contacts(self, line_user_ids: Sequence[str]) -> list[Contact]:
        shares = self._shares
        ids: list[str] = self._random.sample(line_user_ids, int(len(line_user_ids) * shares.friends))
        odd = shares.without_id + shares.foreign + shares.malformed + shares.duplicate
        total = max(shares.least_contacts, int(len(ids) / (1 - odd)))
        ids += [self._random.choice(ids) for _ in range(int(total * shares.duplicate)) if ids]
        ids += [f"U{self._random.getrandbits(128):032x}" for _ in range(int(total * shares.foreign))]
        ids += [self._random.choice(_MALFORMED) for _ in range(int(total * shares.malformed))]
        ids += [""] * (total - len(ids))
        self._random.shuffle(ids)
        return [self._make_contact(number, line_id) for number, line_id in enumerate(ids)]

    def make_lists(self, people: Sequence[Contact]) -> None:
        shares = self._shares
        self._make_list(NEWSLETTER, DYNAMIC, self._draw(people, shares.newsletter))
        self._make_list(BUYERS, "MANUAL", self._draw(people, shares.buyers))
        self._make_list(DO_NOT_SEND, "MANUAL", self._draw(people, shares.do_not_send))
        suppliers = self._random.sample(range(50_001, 60_001), shares.suppliers)
        self._make_list(SUPPLIERS, "MANUAL", suppliers, object_type_id=COMPANIES)

    def age(self, people: Sequence[Contact]) -> None:
        """Merge and archive some contacts after the lists were made, so that lists hold stale ids."""
        now, settings = self._hubspot.now(), self._hubspot.settings
        merges, archives = (int(len(people) * share) for share in (self._shares.merged, self._shares.archived))
        chosen = self._random.sample(people, 2 * merges + archives)
        for primary, other in zip(chosen[:merges], chosen[merges : 2 * merges], strict=True):
            self._account.merge_contacts(primary, other, now, settings)
        for contact in chosen[2 * merges :]:
            self._account.archive_contact(contact, now, settings)

    def _make_contact(self, number: int, line_id: str) -> Contact:
        properties = {
            "email": f"customer{number:06d}@example.test",
            "firstname": self._random.choice(_GIVEN_NAMES),
            "lastname": self._random.choice(_FAMILY_NAMES),
            self._property: line_id,
        }
        return self._account.contacts.create(properties, self._hubspot.now())

    def _draw(self, people: Sequence[Contact], share: float) -> list[int]:
        return [person.record_id for person in self._random.sample(people, int(len(people) * share))]

    def _make_list(
        self, name: str, processing_type: str, record_ids: Sequence[int], *, object_type_id: str = "0-1"
    ) -> None:
        now = self._hubspot.now()
        record = self._account.create_list(name, now, object_type_id=object_type_id, processing_type=processing_type)
        record.fill(Change(add=tuple(record_ids)), now)
