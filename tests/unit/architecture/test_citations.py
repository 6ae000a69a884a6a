"""What code cites can be looked up in docs/ (docs/README.md)."""

from collections import Counter
from pathlib import Path

import pytest

from tests.unit.architecture.citations import Citation, find_in_file, find_in_text
from tests.unit.architecture.places import PAGES, find_places, read_decisions, read_places
from tests.unit.architecture.sources import ROOT

_TREES = ("services", "deploy", "tests", "protos", "docs", "findings")
_KINDS = frozenset({".py", ".md", ".proto", ".yaml", ".toml", ".sh"})
_GENERATED = ROOT / "services/outreach"
_OF_CITATIONS = Path(__file__)


def _read_prose() -> list[Path]:
    """Return every hand-written file that may cite, save this one, whose examples are wrong on purpose."""
    found = [path for tree in _TREES for path in (ROOT / tree).rglob("*") if path.suffix in _KINDS]
    found += [ROOT / "README.md", ROOT / "Makefile", ROOT / "pyproject.toml"]
    return sorted(path for path in found if not path.is_relative_to(_GENERATED) and path != _OF_CITATIONS)


def test_every_cited_place_exists() -> None:
    """Sections, rows, traps and decisions that any file cites are in the pages."""
    places = read_places()
    lost = [
        f"{path.relative_to(ROOT)}:{citation.line}: {citation.place}"
        for path in _read_prose()
        for citation in find_in_file(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        if citation.place not in places
    ]

    assert lost == []


def test_decisions_have_numbers_of_their_own() -> None:
    """A number names one decision, for ever."""
    assert [number for number, count in Counter(read_decisions()).items() if count > 1] == []


def test_all_pages_are_read() -> None:
    """Each page offers its sections, and named rows to their ends: no citation fails for our reading."""
    places = read_places()
    rows = {"R14", "S8", "Q5", "N6", "I8", "V9", "T-D", "A24", "B38", "T3"}
    ends = {"LP trap 49", "LP 12.16", "HS trap 20", "HS 10.20", "ST 1.17", "architecture 13", "decision 67"}

    assert rows | ends <= places
    assert all(f"{page} 1" in places for page in PAGES)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("(LP 4.8)", ["LP 4.8"]),
        ("LP 6.1, 6.3, trap 45", ["LP 6.1", "LP 6.3", "LP trap 45"]),
        ("LP 1.9, traps 15 and 16.", ["LP 1.9", "LP trap 15", "LP trap 16"]),
        ("architecture 3; LP 4.2 to 4.4, 4.7", ["architecture 3", "LP 4.2", "LP 4.4", "LP 4.7"]),
        ("HS 3, 423 and HS 10.14", ["HS 3", "HS 10.14"]),
        ("LP\n    4.8", ["LP 4.8"]),
        ("requirement N1; row B34, A1–A24", ["N1", "B34", "A1", "A24"]),
        ("invariants I1 to I6 (V7, T-D)", ["I1", "I6", "V7", "T-D"]),
        ("LP trap 27", ["LP trap 27"]),
        ("a trap 27 of no page", ["trap 27"]),
        ("decisions 39 and 40 (decision 41)", ["decision 39", "decision 40", "decision 41"]),
        ("(DECISIONS: leases)", ["DECISIONS: leases"]),
        ("ST 1.12, AIP-155, 100 per LP", ["ST 1.12"]),
    ],
)
def test_forms_of_citations(text: str, places: list[str]) -> None:
    """Lists, ranges, line breaks and words are read as people read them; what names no page is no place."""
    assert sorted(citation.place for citation in find_in_text(text)) == sorted(places)


def test_a_lost_citation_is_named_with_its_line() -> None:
    """In Python only comments, docstrings and values that are a row count, and the line is the one to mend."""
    text = '"""One (LP 4.8)."""\n\nROW = "R99"\nTEXT = "see LP 77"\nx = 1  # LP 99.9\n'

    assert sorted(find_in_file("services/a.py", text), key=lambda citation: citation.line) == [
        Citation("LP 4.8", 1),
        Citation("R99", 3),
        Citation("LP 99.9", 5),
    ]


def test_places_of_a_page() -> None:
    """Headings, items of lists and rows of tables are places; what is fenced is not."""
    page = "## 1. Words\n1. First\n```\n2. Code\n```\n### 1.2 More\n| R7 | x |\n| 3 | y |\n## 10. Traps\n| 4 | z |\n"

    assert set(find_places("LP", page)) == {
        "LP 1", "LP 1.1", "LP 1.2", "R7", "LP 1.2.3", "LP 10", "LP 10.4", "LP trap 4"
    }  # fmt: skip
