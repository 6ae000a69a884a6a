"""The body of a narrowcast: how it is written, and the check that it does not address every friend."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lineapi.demographics import DemographicTree
from lineapi.errors import EverybodyRefusedError
from lineapi.recipients import RecipientTree
from lineapi.transport import encode_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many may receive and how much of the month's quota LINE holds meanwhile (LP 4.7)."""

    maximum: int | None = None
    up_to_remaining_quota: bool = False
    forbid_partial_delivery: bool = False

    def __post_init__(self) -> None:
        if self.maximum is not None and self.maximum < 1:
            raise ValueError("maximum must be at least 1")
        if self.forbid_partial_delivery and not self.up_to_remaining_quota:
            raise ValueError("forbid_partial_delivery needs up_to_remaining_quota")

    def to_json(self) -> dict[str, Any]:
        """Give LINE's limit object; what is not set is left to LINE's defaults."""
        limit: dict[str, Any] = {} if self.maximum is None else {"max": self.maximum}
        if self.up_to_remaining_quota:
            limit["upToRemainingQuota"] = True
        if self.forbid_partial_delivery:
            limit["forbidPartialDelivery"] = True
        return limit


@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowcastRequest:
    """A narrowcast (LP 4.2). One of `recipient` and `demographic` is required: there is no value for "everybody".

    Attributes:
        messages: LINE message objects, 1 to 5.
        recipient: audiences and redeliveries; None = not narrowed by them.
        demographic: deemed attributes; None = not narrowed by them.
        limit: None = LINE's default, which holds the whole target reach.
        notification_disabled: deliver without a sound on the device.

    Raises:
        EverybodyRefusedError: neither tree is given.

    """

    messages: Sequence[Mapping[str, Any]]
    recipient: RecipientTree | None = None
    demographic: DemographicTree | None = None
    limit: Limit | None = None
    notification_disabled: bool = False

    def __post_init__(self) -> None:
        if self.recipient is None and self.demographic is None:
            raise EverybodyRefusedError("a narrowcast needs recipients or attributes")


def encode(request: NarrowcastRequest) -> bytes:
    """Write the body as canonical JSON: equal requests give equal bytes, so the bytes can be stored and hashed."""
    body: dict[str, Any] = {"messages": list(request.messages)}
    if request.recipient is not None:
        body["recipient"] = request.recipient.to_json()
    if request.demographic is not None:
        body["filter"] = {"demographic": request.demographic.to_json()}
    if request.limit is not None:
        body["limit"] = request.limit.to_json()
    if request.notification_disabled:
        body["notificationDisabled"] = True
    return encode_json(body)


def refuse_everybody(body: bytes) -> None:
    """Raise `EverybodyRefusedError` unless these bytes surely narrow: a tree with at least one leaf in it.

    Looks at the bytes themselves, the last thing before they leave, so that no mistake above can reach every friend.
    """
    try:
        request = json.loads(body, object_pairs_hook=_refuse_repeated_names)
    except ValueError:
        # The decoder's error carries the document, so it is not chained.
        raise EverybodyRefusedError("the body is no plain JSON") from None
    if not isinstance(request, dict):
        raise EverybodyRefusedError("the body is no JSON object")
    attributes = request.get("filter")
    demographic = attributes.get("demographic") if isinstance(attributes, dict) else None
    if not (_has_leaf(request.get("recipient")) or _has_leaf(demographic)):
        raise EverybodyRefusedError("the body names neither recipients nor attributes")


def _refuse_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Which of two equal names LINE would take is not known; the one it takes might be null.
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is repeated")
    return names


def _has_leaf(tree: object) -> bool:
    if not isinstance(tree, dict):
        return False
    if tree.get("type") != "operator":
        return isinstance(tree.get("type"), str)
    operands = [*_as_list(tree.get("and")), *_as_list(tree.get("or")), tree.get("not")]
    return any(_has_leaf(operand) for operand in operands)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
