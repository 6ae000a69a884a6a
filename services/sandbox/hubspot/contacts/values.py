"""Which contacts may hold a value: generated contacts, and an index of each property asked for (HS 6.2, 6.3)."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox.hubspot.contacts.contact import Contact


class Source(Protocol):
    """Contacts that are made when somebody asks for them; the same number always makes the same contact."""

    def make(self, number: int, record_id: int) -> Contact:
        """Return contact `number`, from 0."""
        ...

    def value(self, number: int, name: str) -> str | None:
        """Return what property `name` of contact `number` holds, without making the contact."""
        ...

    def numbers(self, name: str, value: str) -> Sequence[int] | None:
        """Return the numbers that may hold a value, whatever its case; None when only an index can tell."""
        ...


@dataclass(frozen=True, slots=True)
class Block:
    """`count` contacts of a source with consecutive record ids."""

    first: int
    count: int
    source: Source


class ValueIndex:
    """Record ids by the values of one property, whatever their case: 8 bytes for each generated contact.

    Values that were overwritten stay in it, so what it finds must be looked at; what it does not find is not there.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._blocks: list[tuple[Block, array[int]]] = []
        self._written: dict[str, dict[int, None]] = {}

    def add_blocks(self, blocks: Sequence[Block]) -> None:
        """Index those blocks that are not indexed yet; the list of them only grows."""
        self._blocks += [(block, _pack(block, self._name)) for block in blocks[len(self._blocks) :]]

    def note(self, contact: Contact) -> None:
        """Index what a contact that was written holds, and held: searches may lag (HS 6.3)."""
        for past in contact.history(self._name):
            self._written.setdefault(past.value.casefold(), {})[contact.record_id] = None

    def record_ids(self, value: str) -> list[int]:
        """Return who may hold a value, ascending."""
        found = set(self._written.get(value.casefold(), ()))
        for block, packed in self._blocks:
            found.update(_unpack(block, packed, self._name, value))
        return sorted(found)


def _pack(block: Block, name: str) -> "array[int]":
    """Return an ascending 64-bit number per contact with a value: bits of the value's hash above the contact's own."""
    bits, read = block.count.bit_length(), block.source.value
    if block.source.numbers(name, "") is not None:
        return array("Q")
    values = ((number, read(number, name)) for number in range(block.count))
    return array("Q", sorted(_hash(value, bits) << bits | number for number, value in values if value))


def _unpack(block: Block, packed: "array[int]", name: str, value: str) -> Iterator[int]:
    known = block.source.numbers(name, value)
    if known is not None:
        yield from (block.first + number for number in known if number < block.count)
        return
    bits = block.count.bit_length()
    wanted = _hash(value, bits)
    at = bisect_left(packed, wanted << bits)
    while at < len(packed) and packed[at] >> bits == wanted:
        yield block.first + (packed[at] & ((1 << bits) - 1))
        at += 1


def _hash(value: str, bits: int) -> int:
    """Return as many bits as are left of 64. Each process hashes otherwise, which nobody sees: ids come sorted."""
    return hash(value.casefold()) & ((1 << (64 - bits)) - 1)
