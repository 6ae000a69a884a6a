"""Contacts of a large world, made when somebody asks for them: a pure function of seed and number (HS 11)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from struct import unpack
from typing import Any

from sandbox.hubspot.contacts.contact import Contact
from sandbox.identities import make_user_id

_FAMILY_NAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤")
_GIVEN_NAMES = ("陽葵", "蓮", "凛", "湊", "結菜", "蒼", "芽依", "樹", "葵", "悠真")
_MALFORMED = ("u-unknown", "@friend", "U12345", "LINE User", "Uzzzz")
_LOTS = 1 << 32
_DAYS_BACK = 1_000
_EMAIL = re.compile(r"customer([0-9]{7,18})@example\.test")


@dataclass(frozen=True, slots=True)
class ContactShares:
    """What part of the contacts is how, each 0..1 and together at most 1; the rest has the LINE id of a friend.

    `foreign` ids are well-formed and nobody's here; a `duplicate` has the id of the contact before.
    """

    without_id: float = 0.25
    foreign: float = 0.03
    malformed: float = 0.02
    duplicate: float = 0.02

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ContactShares":
        """Read shares as the control face takes them.

        Raises:
            ValueError: an unknown name, a value out of range, or more than 1 together.

        """
        known = {spec.name for spec in fields(cls)}
        for name, value in document.items():
            if (
                name not in known
                or isinstance(value, bool)
                or not isinstance(value, int | float)
                or not 0 <= value <= 1
            ):
                raise ValueError(f"shares.{name}: unknown, or not 0 to 1")
        shares = cls(**document)
        if shares.without_id + shares.foreign + shares.malformed + shares.duplicate > 1:
            raise ValueError("shares: at most 1 together")
        return shares


@dataclass(frozen=True, slots=True)
class GeneratedContacts:
    """A source of contacts; number n has the LINE id of friend n of a provider, unless its lot says otherwise.

    `line_seed` and `provider` are those of the LINE world whose friends the contacts are; contacts from number
    `friends` on are no friends and have no id.
    """

    seed: int
    line_seed: int
    provider: str
    friends: int
    property_name: str
    opened_at: datetime
    shares: ContactShares

    def make(self, number: int, record_id: int) -> Contact:
        """Return contact `number`."""
        lots = self._draw(number)
        created = self.opened_at - timedelta(days=lots[3] % _DAYS_BACK)
        properties = {
            "email": _make_email(number),
            "firstname": _GIVEN_NAMES[lots[1] % len(_GIVEN_NAMES)],
            "lastname": _FAMILY_NAMES[lots[2] % len(_FAMILY_NAMES)],
        }
        line_id = self._line_id(number, lots)
        if line_id:
            properties[self.property_name] = line_id
        return Contact(record_id, properties, created_at=created, updated_at=created)

    def line_id(self, number: int) -> str:
        """Return the LINE id of a contact as it was typed in; empty for none."""
        return self._line_id(number, self._draw(number))

    def value(self, number: int, name: str) -> str | None:
        """Return what a property of contact `number` holds, without making the contact."""
        line_id = self.line_id(number) if name == self.property_name else ""
        if line_id:
            return line_id
        match name:
            case "email":
                return _make_email(number)
            case "firstname":
                return _GIVEN_NAMES[self._draw(number)[1] % len(_GIVEN_NAMES)]
            case "lastname":
                return _FAMILY_NAMES[self._draw(number)[2] % len(_FAMILY_NAMES)]
            case _:
                return None

    def numbers(self, name: str, value: str) -> Sequence[int] | None:
        """Return the number that an email names, () when it names none; None for other properties."""
        if name != "email" or name == self.property_name:
            return None
        found = _EMAIL.fullmatch(value.casefold())
        return (int(found[1]),) if found else ()

    def _line_id(self, number: int, lots: tuple[int, int, int, int]) -> str:
        lot, shares = lots[0] / _LOTS, self.shares
        if lot < shares.without_id:
            return ""
        lot -= shares.without_id
        if lot < shares.foreign:
            return make_user_id(self.seed, "foreign", number)
        lot -= shares.foreign
        if lot < shares.malformed:
            return _MALFORMED[lots[1] % len(_MALFORMED)]
        lot -= shares.malformed
        friend = number - 1 if lot < shares.duplicate and number > 0 else number
        return make_user_id(self.line_seed, self.provider, friend) if friend < self.friends else ""

    def _draw(self, number: int) -> tuple[int, int, int, int]:
        """Return four lots of 32 bits."""
        noise = blake2b(f"{self.seed}:{number}".encode(), digest_size=16).digest()
        first, second, third, fourth = unpack("<4I", noise)
        return first, second, third, fourth


def _make_email(number: int) -> str:
    return f"customer{number:07d}@example.test"
