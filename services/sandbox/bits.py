"""Sets of people as Python integers: bit i stands for person i.

Big-integer and/or/not run at memory speed, so that a tree over a million people takes milliseconds.
"""

from collections.abc import Iterable, Iterator
from random import Random

_ASCII = bytes.maketrans(b"\x00\x01", b"01")
# Each bit of precision costs one random integer as long as the population.
_PRECISION = 16
# Up to so many persons are drawn one by one, which is faster than coins for a whole population.
_FEW = 8
# What a person's number takes in a tuple, roughly.
_NUMBER_BITS = 320


def everyone(size: int) -> int:
    """Return the set of persons 0..size-1."""
    return (1 << size) - 1


def of(indices: Iterable[int]) -> int:
    """Return the set of these persons, given in any order."""
    found = list(indices)
    flags = bytearray(max(found, default=-1) // 8 + 1)
    for index in found:
        flags[index >> 3] |= 1 << (index & 7)
    return int.from_bytes(flags, "little")


def where(flags: Iterable[bool]) -> int:
    """Return the set of persons whose flag is true; flags come in person order."""
    packed = bytes(flags)
    return int(packed[::-1].translate(_ASCII), 2) if packed else 0


def members(people: int) -> Iterator[int]:
    """Yield the persons of a set in ascending order."""
    digits = bin(people)[:1:-1]
    index = digits.find("1")
    while index >= 0:
        yield index
        index = digits.find("1", index + 1)


Kept = int | tuple[int, ...]
"""A set as it is stored: few persons of a large population as their numbers."""


def keep(people: int) -> Kept:
    """Return a set in its smaller form: one message to one of a million people must not weigh 125 kB."""
    if people.bit_count() * _NUMBER_BITS < people.bit_length():
        return tuple(members(people))
    return people


def open_kept(kept: Kept) -> int:
    """Return a stored set."""
    return kept if isinstance(kept, int) else of(kept)


def draw(rng: Random, people: int, share: float) -> int:
    """Return a random subset that holds each person with probability `share`, to 16 bits of precision."""
    size = people.bit_length()
    threshold = round(share * (1 << _PRECISION))
    if threshold <= 0 or size == 0:
        return 0
    if threshold >= 1 << _PRECISION:
        return people
    if people.bit_count() <= _FEW:
        return _draw_few(rng, people, share)
    chosen = 0
    for bit in range(_PRECISION):
        coin = rng.getrandbits(size)
        chosen = (chosen | coin) if threshold >> bit & 1 else (chosen & coin)
    return chosen & people


def pick(rng: Random, people: int, count: int) -> int:
    """Return `count` persons of a set chosen uniformly; the whole set when it has no more."""
    if people.bit_count() <= count:
        return people
    return of(rng.sample(list(members(people)), count))


def _draw_few(rng: Random, people: int, share: float) -> int:
    chosen = 0
    while people:
        bit = 1 << (people.bit_length() - 1)
        people ^= bit
        if rng.random() < share:
            chosen |= bit
    return chosen
