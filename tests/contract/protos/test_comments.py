"""Comments of the protos are for callers, who know nothing of our documents."""

import re
from pathlib import Path

import pytest

from tests.contract.protos.contract import PROTOS

FILES = sorted((*PROTOS.rglob("*.proto"), PROTOS / "events.yaml"))

# Rows of requirements, rules, invariants and threats; sections of documents about vendors and of our own.
_CITATION = re.compile(
    r"\b(?:[RSQNVIT]\d{1,2}|T-[A-D]|(?:LP|HS|ST|AIP|Section|section) ?-?\d[\d.]*|architecture \d+|DECISIONS?)\b"
)
_COMMENT = re.compile(r"(?://|#)(.*)")


def find_citations(text: str) -> list[str]:
    """Return what the comments of a file cite."""
    return [cited for comment in _COMMENT.findall(text) for cited in _CITATION.findall(comment)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_comments_cite_nothing_of_ours(path: Path) -> None:
    """A caller can look up none of our rows and sections, so that a comment says what they say."""
    assert find_citations(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "comment", ["// Too few (R7).", "// As V3 and V7 say.", "// See LP 4.8.", "# architecture 5", "// T-D"]
)
def test_citations_are_found(comment: str) -> None:
    """The search sees each form that our documents are cited in."""
    assert find_citations(f"string field = 1; {comment}") != []


def test_formats_are_no_citations() -> None:
    """Ids, versions and names of standards read on."""
    assert (
        find_citations("// A UUID4, as `m00002`, proto3 JSON of outreach.delivery.v1, SHA-256, UTF-16, at most 2^31-1.")
        == []
    )
