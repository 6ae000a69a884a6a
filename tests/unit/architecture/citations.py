"""Finds citations of the design pages in comments, docstrings and prose."""

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.architecture.places import DECISIONS

_SPACE = r"[^\S\n]*\n?[^\S\n]*"  # a citation may go on in the next line
_NUMBER = r"\d{1,2}(?:\.\d{1,2})?(?![\d%]|\.\d)"  # not 429 and its like: a status may stand beside a section
_ITEM = rf"(?:traps?{_SPACE})?{_NUMBER}"
_JOINT = rf"{_SPACE}(?:[,;/–-]|\bto\b|\band\b)?{_SPACE}"

_SECTIONS = re.compile(rf"\b(?P<page>LP|HS|ST|architecture|requirements?){_SPACE}(?P<list>{_ITEM}(?:{_JOINT}{_ITEM})*)")
_DECISIONS = re.compile(rf"\b(?:decisions?|DECISIONS?)\b:?{_SPACE}(?P<list>\d+(?:{_JOINT}\d+)*)\b")
_ENTRIES = re.compile(rf"\b(?:entry|entries){_SPACE}(?P<list>\d+(?:{_JOINT}\d+)*)\b")
_TRAP = re.compile(r"\btraps?\s+\d{1,2}\b")
_ROW = re.compile(r"\b(?:[RQNIVAB][1-9]\d?|[ST][1-9]|T-[A-D])\b")
_PLACELESS = re.compile(r"\bDECISIONS: [a-z]+|\bissue(?=: | \d{1,3}\b| \")")

_BETWEEN_STATEMENTS = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})
_UNSEEN = frozenset({tokenize.COMMENT, tokenize.NL})


@dataclass(frozen=True, slots=True)
class Citation:
    """A place that somebody cites, as `places.read_places` would name it, and the line, from 1."""

    place: str
    line: int


def find_in_file(path: str, text: str) -> list[Citation]:
    """Return what a file cites: a Python file in comments and docstrings, any other file anywhere.

    A string of a service that is a row and nothing else is a citation too: callers are shown it.
    """
    if not path.endswith(".py"):
        return [*find_in_text(text.replace("//", "  "), within_decisions=path == DECISIONS)]
    return [*find_in_text(_keep_prose(text, row_values=path.startswith("services/")))]


def find_in_text(text: str, *, within_decisions: bool = False) -> Iterator[Citation]:
    """Yield the citations of prose, of a range its ends.

    Args:
        text: where a line break may stand for a space.
        within_decisions: whether it is the page of decisions, which are cited there as `entry 3` too.

    """
    for match in _SECTIONS.finditer(text):
        page = "requirements" if match["page"].startswith("requirement") else match["page"]
        yield from (Citation(place, _line(text, match)) for place in _read_sections(page, match["list"]))
    for pattern in (_DECISIONS, _ENTRIES) if within_decisions else (_DECISIONS,):
        for match in pattern.finditer(text):
            yield from (Citation(f"decision {n}", _line(text, match)) for n in re.findall(r"\d+", match["list"]))
    # What stands in a list has its page; a trap elsewhere names none.
    rest = _SECTIONS.sub(lambda match: re.sub(r"\S", " ", match[0]), text)
    for pattern in (_TRAP, _ROW, _PLACELESS):
        yield from (Citation(match[0], _line(text, match)) for match in pattern.finditer(rest))


def _read_sections(page: str, numbers: str) -> Iterator[str]:
    """Yield the places of a list; whole numbers after `traps` are traps too."""
    trap = False
    for word, number in re.findall(rf"(traps?)?\s*({_NUMBER})", numbers):
        trap = bool(word) or (trap and "." not in number)
        yield f"{page} trap {number}" if trap else f"{page} {number}"


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _keep_prose(text: str, *, row_values: bool) -> str:
    """Return the text with spaces in the place of all that is neither comment nor docstring, nor such a value."""
    lines = text.splitlines(keepends=True)
    kept = [re.sub(r"[^\n]", " ", line) for line in lines]
    opens_statement = True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_docstring = token.type == tokenize.STRING and opens_statement
        is_value = row_values and token.type == tokenize.STRING and _ROW.fullmatch(token.string.strip("\"'"))
        if token.type == tokenize.COMMENT or is_docstring or is_value:
            _copy(lines, kept, token)
        opens_statement = token.type in _BETWEEN_STATEMENTS or (token.type in _UNSEEN and opens_statement)
    return "".join(kept)


def _copy(lines: list[str], kept: list[str], token: tokenize.TokenInfo) -> None:
    for row in range(token.start[0], token.end[0] + 1):
        start = token.start[1] if row == token.start[0] else 0
        end = token.end[1] if row == token.end[0] else len(lines[row - 1])
        shown = lines[row - 1][start:end].replace("#", " ", token.type == tokenize.COMMENT)
        kept[row - 1] = kept[row - 1][:start] + shown + kept[row - 1][end:]
