"""Resource names and the syntax of ids (AIP-122)."""

import re
from dataclasses import dataclass, field

from kit.errors import FieldViolation, InvalidRequest

CALLER_ID = r"[a-z][a-z0-9-]{2,62}"
"""An id that a caller may choose, or that is generated (architecture 2)."""

VENDOR_ID = r"[1-9][0-9]{0,17}"
"""An id that LINE or HubSpot gave: a positive number that fits into 64 bits, written in one way only."""

_SEGMENT = re.compile(r"\{([a-z_]+)\}")


class MalformedName(InvalidRequest):
    """The text is not a name of this pattern; `description` says what it must look like."""

    def __init__(self, *, field: str, pattern: str) -> None:
        self.description = f"must have the form {pattern}"
        super().__init__([FieldViolation(field, self.description, "MALFORMED_NAME")])


@dataclass(frozen=True, slots=True)
class ResourceName:
    """A pattern such as `channels/{channel}/campaigns/{campaign}`.

    `syntax` gives the ids' regular expressions, keyed by segment, where they are not `CALLER_ID`.
    """

    pattern: str
    syntax: dict[str, str] = field(default_factory=dict)
    _compiled: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        expression = _SEGMENT.sub(self._group, self.pattern)
        object.__setattr__(self, "_compiled", re.compile(expression))

    def parse(self, name: str, *, field: str = "name") -> dict[str, str]:
        """Return the ids in a name, keyed by segment; `field` is where in the request it stood.

        Raises:
            MalformedName: the text is not of this pattern.

        """
        match = self._compiled.fullmatch(name)
        if match is None:
            raise MalformedName(field=field, pattern=self.pattern)
        return match.groupdict()

    def matches(self, name: str) -> bool:
        """Tell whether the text is a name of this pattern."""
        return self._compiled.fullmatch(name) is not None

    def format(self, **ids: str) -> str:
        """Write the name of these ids.

        Raises:
            ValueError: an id breaks its syntax, so that the name could not be parsed again.

        """
        name = self.pattern.format(**ids)
        if not self.matches(name):
            raise ValueError(f"An id breaks the syntax of {self.pattern}.")
        return name

    def _group(self, segment: re.Match[str]) -> str:
        return f"(?P<{segment[1]}>{self.syntax.get(segment[1], CALLER_ID)})"
