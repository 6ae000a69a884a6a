"""Sets of people as Python integers: bit i stands for person i.

Big-integer and/or/not run at memory speed, so that a tree over a million people takes milliseconds.
"""

from collections.abc import Iterable, Iterator
from random import Random

_ASCII = bytes.maketrans(b"\x00\x01", b"01")
# Each bit of precision costs one random integer as long as the population.
_PRECISION = 16


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


def draw(rng: Random, people: int, share: float) -> int:
    """Return a random subset that holds each person with probability `share`, to 16 bits of precision."""
    size = people.bit_length()
    threshold = round(share * (1 << _PRECISION))
    if threshold <= 0 or size == 0:
        return 0
    if threshold >= 1 << _PRECISION:
        return people
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
