"""Who receives, by what LINE knows of past behaviour: audiences and earlier narrowcasts (LP 4.3)."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from lineapi.trees import Tree


@dataclass(frozen=True, slots=True)
class Audience:
    """The friends in an audience, by `audienceGroupId`; it must be READY when the narrowcast is sent."""

    audience_group_id: int

    def to_json(self) -> dict[str, Any]:
        """Give LINE's audience object."""
        return {"type": "audience", "audienceGroupId": self.audience_group_id}


@dataclass(frozen=True, slots=True)
class Redelivery:
    """Those whom an earlier narrowcast reached: succeeded, and accepted less than 14 days ago."""

    request_id: str

    def to_json(self) -> dict[str, Any]:
        """Give LINE's redelivery object."""
        return {"type": "redelivery", "requestId": self.request_id}


RecipientTree: TypeAlias = Tree[Audience | Redelivery]
