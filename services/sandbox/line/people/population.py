"""The people an OA knows: ids, friendship, blocks, consent and deemed attributes, held as bitsets."""

import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox import bits
from sandbox.line.people.blocks import BlockLog
from sandbox.line.sending.evaluate import Sides
from sandbox.line.sending.trees import ChoiceLeaf, RangeLeaf

# "Active users with well-known attributes" (LP 6.4); which attributes is not published, these are the estimated ones.
REACH_ATTRIBUTES = ("gender", "age", "area")
_CACHED_DAYS = 32
_USER_ID = re.compile(r"U[0-9a-f]{32}")


def is_user_id(value: Any) -> bool:
    """Whether a value has the form of a user id (LP 8.7)."""
    return isinstance(value, str) and _USER_ID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Person:
    """One person to add; None for an attribute LINE does not know."""

    user_id: str
    gender: str | None = None
    age: int | None = None
    area: str | None = None
    app_type: str | None = None
    followed_on: int = 0
    friend: bool = True
    blocked: bool = False
    consented: bool = True


@dataclass(slots=True)
class Population:
    """Persons 0..n-1 of one OA. Attribute sets are keyed by attribute, then value (age: lowest year of a bracket)."""

    ids: list[str] = field(default_factory=list)
    index: dict[str, int] = field(default_factory=dict)
    friends: int = 0
    blocked: int = 0
    consented: int = 0
    followed_on: "array[int]" = field(default_factory=lambda: array("i"))
    block_log: BlockLog = field(default_factory=BlockLog)
    attributes: dict[str, dict[str | int, int]] = field(
        default_factory=lambda: {"gender": {}, "age": {}, "area": {}, "appType": {}}
    )
    _befriended: dict[int, int] = field(default_factory=dict)
    _arrivals: "dict[int, array[int]]" = field(default_factory=dict)

    @property
    def everyone(self) -> int:
        """All persons, friends or not."""
        return bits.everyone(len(self.ids))

    @property
    def deliverable(self) -> int:
        """Friends who do not block: all that a message can reach (LP 4.6)."""
        return self.friends & ~self.blocked

    def add(self, people: Iterable[Person], *, today: int) -> None:
        """Add people who are not there yet; known ids are left as they are."""
        for person in people:
            if person.user_id in self.index:
                continue
            bit = 1 << self._append(person.user_id, person.followed_on)
            self.friends |= bit if person.friend else 0
            self.consented |= bit if person.consented else 0
            if person.blocked:
                self.block(bit, day=today)
            values = {"gender": person.gender, "age": person.age, "area": person.area, "appType": person.app_type}
            for attribute, value in values.items():
                if value is not None:
                    sets = self.attributes[attribute]
                    sets[value] = sets.get(value, 0) | bit

    def add_many(self, ids: Iterable[str], followed_on: "array[int]") -> int:
        """Append unknown ids without any property and return their set, for generators that fill sets at once."""
        first = len(self.ids)
        for user_id, day in zip(ids, followed_on, strict=True):
            self._append(user_id, day)
        return bits.everyone(len(self.ids)) ^ bits.everyone(first)

    def find(self, user_ids: Iterable[str]) -> tuple[int, set[str]]:
        """Return the set of the known ids, and the ids that nobody here has."""
        known: list[int] = []
        unknown: set[str] = set()
        for user_id in user_ids:
            position = self.index.get(user_id)
            if position is None:
                unknown.add(user_id)
            else:
                known.append(position)
        return bits.of(known), unknown

    def name(self, people: int) -> list[str]:
        """Return the user ids of a set in order of arrival."""
        return [self.ids[position] for position in bits.members(people)]

    def block(self, people: int, *, day: int) -> None:
        """Make people block the OA from `day` (JST ordinal) on."""
        self.block_log.note(day, people & ~self.blocked, blocking=True)
        self.blocked |= people

    def befriend(self, people: int, *, day: int) -> None:
        """Make people friends of the OA from `day` (JST ordinal) on; who is one already stays it."""
        for position in bits.members(people & ~self.friends):
            self._arrivals[self.followed_on[position]].remove(position)
            self._arrive(position, day)
            self.followed_on[position] = day
        self.friends |= people
        self._befriended.clear()

    def unblock(self, people: int, *, day: int) -> None:
        """Make people stop blocking the OA on `day` (JST ordinal)."""
        self.block_log.note(day, people & self.blocked, blocking=False)
        self.blocked &= ~people

    def known(self, attribute: str) -> int:
        """Return everyone whose attribute LINE has estimated; friendship is known of all friends."""
        if attribute == "subscriptionPeriod":
            return self.friends
        found = 0
        for people in self.attributes[attribute].values():
            found |= people
        return found

    def reach(self) -> int:
        """Return the target reach: reachable people with well-known attributes (LP 6.4)."""
        return self.well_known(self.deliverable)

    def well_known(self, people: int) -> int:
        """Return those of whom LINE has estimated what target reach asks for."""
        found = people
        for attribute in REACH_ATTRIBUTES:
            found &= self.known(attribute)
        return found

    def befriended_by(self, day: int) -> int:
        """Return everyone who became a friend on `day` (JST ordinal) or before."""
        found = self._befriended.get(day)
        if found is None:
            if len(self._befriended) >= _CACHED_DAYS:
                del self._befriended[next(iter(self._befriended))]
            found = self._befriended[day] = self._count_up(day)
        return found

    def _count_up(self, day: int) -> int:
        """Add the arrivals since the latest day that is known; only without one is everybody looked at."""
        known = max((one for one in self._befriended if day - _CACHED_DAYS <= one < day), default=None)
        if known is None:
            return bits.where(map(day.__ge__, self.followed_on))
        people = self._befriended[known]
        for one in range(known + 1, day + 1):
            people |= bits.of(self._arrivals.get(one, ()))
        return people

    def blocked_at(self, day: int) -> int:
        """Return everyone who blocked at the end of a JST day."""
        return self.block_log.undo_after(day, self.blocked)

    def match(self, leaf: ChoiceLeaf | RangeLeaf, *, today: int, lag_days: int, not_matches_unknown: bool) -> Sides:
        """Return who has an attribute and who has another one (LP 4.4).

        Data are `lag_days` old: newer friends are unknown. With `not_matches_unknown` unknowns count as others.
        """
        settled = self.befriended_by(today - lag_days)
        known = self.known(leaf.attribute) & settled
        yes = self._holders(leaf, today) & known
        return Sides(yes=yes, no=(self.everyone if not_matches_unknown else known) & ~yes)

    def _holders(self, leaf: ChoiceLeaf | RangeLeaf, today: int) -> int:
        if isinstance(leaf, ChoiceLeaf):
            return _union(self.attributes[leaf.attribute], leaf.values)
        if leaf.attribute == "age":
            ages = self.attributes["age"]
            return _union(ages, [age for age in ages if isinstance(age, int) and _is_within(age, leaf)])
        # Friendship counts from the day after the friend was added (LP 4.4).
        found = self.everyone
        if leaf.gte is not None:
            found &= self.befriended_by(today - leaf.gte)
        if leaf.lt is not None:
            found &= ~self.befriended_by(today - leaf.lt)
        return found

    def _append(self, user_id: str, followed_on: int) -> int:
        position = len(self.ids)
        self.ids.append(user_id)
        self.index[user_id] = position
        self.followed_on.append(followed_on)
        self._arrive(position, followed_on)
        self._befriended.clear()
        return position

    def _arrive(self, position: int, day: int) -> None:
        self._arrivals.setdefault(day, array("i")).append(position)


def _union(sets: Mapping[str | int, int], values: Iterable[str | int]) -> int:
    found = 0
    for value in values:
        found |= sets.get(value, 0)
    return found


def _is_within(age: int, leaf: RangeLeaf) -> bool:
    return (leaf.gte is None or age >= leaf.gte) and (leaf.lt is None or age < leaf.lt)
