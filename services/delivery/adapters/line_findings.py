"""What LINE has against messages, at the caller's own fields and in words that carry nothing of them (LP 1.4, 5.3).

LINE's words may quote what they are about. So its sentences pass word by word: those of its validator, names of its own
properties, and small numbers where a limit stands. From the first mark on that may begin a quotation the rest is cut.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from delivery.domain.content.inspection import MessageViolation, locate_member
from lineapi.errors import ErrorDetail

_UNNAMED = "messages"
_REFUSED_PART = "LINE refuses this part of the message."

_PATH = re.compile(r"messages\[(\d)\]((?:\.[A-Za-z0-9_]{1,40}|\[\d{1,3}\]){0,40})")
# Keys of a substitution are the caller's own words.
_OWN_KEY = re.compile(r"(?<=\.substitution\.)[A-Za-z0-9_]+")

_CHOICES = re.compile(r"(?:Must|must) be one of the following values: \[\w{1,40}(?:, \w{1,40}){0,40}\]", re.ASCII)
_SENTENCE = re.compile(r"[^:\"'`“”‘’«»「」『』()\[\]{}<>=|/\\]{1,120}")
_PART = re.compile(r"[\s.,;$]+")
_NUMBER = re.compile(r"[0-9]{1,6}")
# Words of a validator's sentences.
_SENTENCES = """
    a above all allowed an and any are array as at be been below between body but by bytes can cannot character
    characters combination contain contains could count different does double duplicate duplicated each element
    elements empty end equal error errors exactly exceed exceeded exceeds extension false field fields file
    following for format found given greater has have https in incorrect index integer invalid is item items it its
    json key large larger least length less limit long longer malformed many match maximum may message messages
    minimum missing more most must name negative no non not null number object objects of one only or out parsed
    point positive present properties property range request required same scheme schemes set short shorter should
    size small smaller specified start string supported than that the this time to together too true type unexpected
    unit units unknown unsupported uri url used valid value values was were when with without wrong zero
"""
# Of a send as a whole (LP 4.2, 4.3).
_SENDS = """
    audience forbidpartialdelivery group id option request uptoremainingquota
"""
# Properties of message objects, and what they are called (LP 5.3).
_PROPERTIES = """
    action actions address alttext alturi area aspectmode aspectratio backgroundcolor baseline basesize baseurl body
    box bubble bubbles button buttons carousel clipboardtext color column columns confirm contents couponid data
    datetimepicker deliverytag desktop direction displaytext duration emoji emojis externallink filler fillintext
    flex footer header height hero icon iconurl image images imagemap initial inputoption items label labels
    latitude layout linkuri location longitude max mention min mode originalcontenturl packageid postback
    previewimageurl quickreply quotetoken sender separator span spacing sticker stickerid styles substitution
    template text textv2 thumbnail title titles trackingid video weight width
"""
_WORDS = frozenset(f"{_SENTENCES}{_SENDS}{_PROPERTIES}".split())
_BEFORE_LIMITS = frozenset({"and", "at", "be", "between", "exceed", "least", "most", "of", "than", "to"})


def read_violations(
    message: str, details: Sequence[ErrorDetail], messages: Sequence[Mapping[str, Any]]
) -> tuple[MessageViolation, ...]:
    """Return LINE's findings about `messages`; at least one, since LINE has refused.

    Args:
        message: LINE's text for the whole; counts where there are no details.
        details: LINE's findings, each with the path that it names.
        messages: The message objects that LINE was asked about.

    """
    found = dict.fromkeys(
        MessageViolation(_place(detail.property, messages), _describe(detail.message)) for detail in details
    )
    return tuple(found) or (MessageViolation(_UNNAMED, _describe(message)),)


def word_evidence(message: str, details: Sequence[ErrorDetail]) -> str:
    """Return where and why LINE refuses, for an operator; nothing of the message, keys of the caller's included."""
    if details:
        return "; ".join(dict.fromkeys(_word_detail(detail) for detail in details))
    return _find_known(message)


def _word_detail(detail: ErrorDetail) -> str:
    path = _OWN_KEY.sub("*", detail.property) if _PATH.fullmatch(detail.property) else _UNNAMED
    return f"{path}: {_find_known(detail.message) or 'refused'}"


def _place(path: str, messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the campaign's field for a path of LINE's request, `messages` where it is none."""
    named = _PATH.fullmatch(path)
    if named is None or int(named[1]) >= len(messages):
        return _UNNAMED
    index = int(named[1])
    return locate_member(index, messages[index], named[2].removeprefix("."))


def _describe(text: str) -> str:
    known = _find_known(text)
    return f"LINE says: {known}." if known else _REFUSED_PART


def _find_known(text: str) -> str:
    """Return as much of LINE's text as surely quotes nothing; empty when that is nothing."""
    if _CHOICES.fullmatch(text):
        return text
    sentence = _SENTENCE.match(text)
    if sentence is None:
        return ""
    parts = [part.lower() for part in _PART.split(sentence[0]) if part]
    known = len(parts) > 1 and all(map(_is_known, parts, ["", *parts]))
    return sentence[0].strip(" .,;") if known else ""


def _is_known(part: str, before: str) -> bool:
    return part in _WORDS or (before in _BEFORE_LIMITS and bool(_NUMBER.fullmatch(part)))
