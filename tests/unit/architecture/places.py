"""The places of the design pages that code can cite, read from the pages themselves (docs/README.md)."""

import functools
import re
from collections.abc import Iterator

from tests.unit.architecture.sources import ROOT

PAGES = {
    "LP": "docs/line-platform.md",
    "HS": "docs/hubspot.md",
    "ST": "docs/style.md",
    "architecture": "docs/architecture.md",
    "requirements": "docs/requirements.md",
}
"""Where each page is, keyed by the name that citations give it."""

DECISIONS = "services/DECISIONS.md"

_HEADING = re.compile(r"^#{2,4} (?P<number>\d+(?:\.\d+)?)\.? (?P<title>.*)$")
_ITEM = re.compile(r"^ ?(?P<number>\d+)\. ")
_NUMBERED_ROW = re.compile(r"^\| (?P<number>\d+) \|")
_NAMED_ROW = re.compile(r"^\| (?P<name>[A-Z]-?[A-Z0-9]\d?) \|")
_DECISION = re.compile(r"^### (?P<number>\d+)\. ")


@functools.cache
def read_places() -> frozenset[str]:
    """Return all places: `LP 4.8`, `LP trap 27`, `HS 10.14`, `ST 1.12`, `R7`, `T-D`, `decision 39`."""
    pages = {page: (ROOT / path).read_text(encoding="utf-8") for page, path in PAGES.items()}
    found = {place for page, text in pages.items() for place in find_places(page, text)}
    return frozenset(found | {f"decision {number}" for number in read_decisions()})


@functools.cache
def read_decisions() -> tuple[int, ...]:
    """Return the numbers of the decisions, in the order of the page."""
    lines = (ROOT / DECISIONS).read_text(encoding="utf-8").splitlines()
    return tuple(int(match["number"]) for match in map(_DECISION.match, lines) if match)


def find_places(page: str, text: str) -> Iterator[str]:
    """Yield what one page offers: sections, numbered items of a section, rows of tables that have a number or name."""
    section, title, fenced = "", "", False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        if fenced:
            continue
        if match := _HEADING.match(line):
            section, title = match["number"], match["title"]
            yield f"{page} {section}"
        elif match := _NAMED_ROW.match(line):
            yield match["name"]
        elif match := _ITEM.match(line) or _NUMBERED_ROW.match(line):
            yield f"{page} {section}.{match['number']}"
            if title == "Traps":
                yield f"{page} trap {match['number']}"
