"""Who opened, tapped and played a delivered message by when: the behaviour model plus what a test told of."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox import bits
from sandbox.line.model import Interaction, Send

COUNTED = timedelta(days=14)
MEDIA_TYPES = ("video", "audio")
PLAY_STEPS = (25, 50, 75, 100)
# Share of those who ever open that has done so within so many hours of the delivery.
_CURVE = ((1, 0.30), (6, 0.50), (24, 0.70), (48, 0.80), (72, 0.86), (120, 0.92), (168, 0.95), (240, 0.98), (330, 1.0))
# Bits are drawn in whole blocks, so that more people do not change who is loyal.
_LOYAL_BLOCK = 4096
_URL = re.compile(r"https?://[^\s\"'<>、。]+")


@dataclass(frozen=True, slots=True)
class Link:
    """A URL in a bubble; bubbles count from 1."""

    seq: int
    url: str


@dataclass(frozen=True, slots=True)
class Figure:
    """How often something happened and by whom."""

    times: int = 0
    people: int = 0

    def __or__(self, other: "Figure") -> "Figure":
        """Return both together."""
        return Figure(self.times + other.times, self.people | other.people)


class Reactions:
    """The reactions to one send up to a time.

    `bubbles` is how many there are, `links` the URLs in them. The model gives the same people at every call: its
    randomness is seeded by the send, and each step of time adds to the step before. Counting stops 14 days after the
    delivery (LP 7.4).
    """

    def __init__(self, send: Send, until: datetime, *, seed: int) -> None:
        self._send = send
        self._seed = seed
        if send.completed is None:
            self._until, self._delivered_at = until, until
        else:
            self._delivered_at = send.completed
            self._until = min(until, send.completed + COUNTED)
        self._openers = self._model_openers()
        self.bubbles = len(send.messages)
        self.links = find_links(send.messages)

    def impressions(self, seq: int) -> Figure:
        """Return how often a bubble was seen."""
        told = self._told("open", lambda event: event.seq in (None, seq))
        return self._with_repeats(self._openers, f"again:{seq}") | told

    def opened(self) -> int:
        """Return everyone who saw a bubble."""
        return self._openers | self._told("open", lambda _: True).people

    def clicks(self, link: Link) -> Figure:
        """Return the taps on a URL in its bubble."""
        told = self._told("click", lambda event: event.url == link.url and event.seq in (None, link.seq))
        share = self._send.behaviour.share_of(link.url)
        who = self._draw(f"click:{link.seq}:{link.url}", self._openers, share)
        return self._with_repeats(who, f"again:{link.seq}:{link.url}") | told

    def clicked(self, url: str | None = None) -> int:
        """Return everyone who tapped a URL, any one when None."""
        people = 0
        for link in self.links:
            if url is None or link.url == url:
                people |= self.clicks(link).people
        return people

    def plays(self, seq: int, percent: int = 0) -> Figure:
        """Return the starts of a bubble's media, or how often they reached `percent`."""
        if self._send.messages[seq - 1].get("type") not in MEDIA_TYPES:
            return Figure()
        who = self._draw(f"play:{seq}", self._openers, self._send.behaviour.play_share)
        if percent:
            # Attention falls off steadily: half of those who start see the end.
            who = self._draw(f"play:{seq}:{percent}", who, 1 - percent / 200)
            return Figure(who.bit_count(), who)
        told = self._told("play", lambda event: event.seq in (None, seq))
        return self._with_repeats(who, f"play again:{seq}") | told

    def _model_openers(self) -> int:
        """Return who has opened by now: all alike, or more of the loyal half and fewer of the others."""
        behaviour, delivered = self._send.behaviour, self._send.delivered
        if not behaviour.loyalty:
            return self._open(delivered, behaviour.open_share)
        loyal = self._find_loyal(delivered)
        more = min(1.0, behaviour.open_share * (1 + behaviour.loyalty))
        # What the loyal can't do more, the others need not do less.
        fewer = max(0.0, 2 * behaviour.open_share - more)
        return self._open(loyal, more) | self._open(delivered & ~loyal, fewer)

    def _find_loyal(self, people: int) -> int:
        """Return those of the loyal half, which stays the same for all messages of an OA."""
        bot = self._send.channel.account.bot_user_id
        size = -(-people.bit_length() // _LOYAL_BLOCK) * _LOYAL_BLOCK
        return people & Random(f"{self._seed}:loyal:{bot}").getrandbits(size or 1)  # noqa: S311 - reproducible

    def _open(self, people: int, share: float) -> int:
        waiting, opened, before = people, 0, 0.0
        for hours, done in _CURVE:
            if self._send.completed is None or self._until < self._delivered_at + timedelta(hours=hours):
                break
            left = 1 - share * before
            step = self._draw(f"open:{hours}", waiting, share * (done - before) / left if left else 0.0)
            opened, waiting, before = opened | step, waiting & ~step, done
        return opened

    def _draw(self, what: str, people: int, share: float) -> int:
        """Return the same random part of `people` (recipients) each time; more people never remove anyone."""
        rng = Random(f"{self._seed}:{self._send.request_id}:{what}")  # noqa: S311 - reproducible, no secrets here
        # Drawing over all recipients keeps a person's lot independent of who else is asked about.
        return bits.draw(rng, self._send.delivered, share) & people

    def _with_repeats(self, people: int, what: str) -> Figure:
        again = self._draw(what, people, self._send.behaviour.repeat_share)
        return Figure(people.bit_count() + again.bit_count(), people)

    def _told(self, kind: str, fits: Callable[[Interaction], bool]) -> Figure:
        found = Figure()
        for event in self._send.interactions:
            if event.kind == kind and event.time <= self._until and fits(event):
                found |= Figure(event.times * event.people.bit_count(), event.people)
        return found


def find_links(messages: list[dict[str, Any]]) -> list[Link]:
    """Return each URL that can be tapped, once per bubble, in order of appearance."""
    found: dict[Link, None] = {}
    for seq, message in enumerate(messages, start=1):
        for url in _find_urls(message):
            found[Link(seq, url)] = None
    return list(found)


def _find_urls(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _find_urls(item)
    elif isinstance(value, dict):
        if value.get("type") in ("text", "textV2") and isinstance(value.get("text"), str):
            yield from _URL.findall(value["text"])
        for key, item in value.items():
            if key in ("uri", "linkUri") and isinstance(item, str):
                yield item
            elif isinstance(item, (dict, list)):
                yield from _find_urls(item)
