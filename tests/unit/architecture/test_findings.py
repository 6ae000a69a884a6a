"""Scripts of surprising facts have one form (findings/README.md)."""

import os
import re

import pytest

from tests.unit.architecture.sources import ROOT

_FOLDER = ROOT / "findings"
_SCRIPTS = sorted(path.name for path in _FOLDER.glob("*.sh"))
_HEAD = re.compile(
    r"#!/usr/bin/env bash\n# .+ \d+\.\d.*\n#\n# Behaviour: (?:.+\n)+# Seen: (?:.+\n)+# So: (?:.+\n)+set -euo pipefail\n"
)


@pytest.mark.parametrize("name", _SCRIPTS)
def test_scripts_say_what_they_show_and_pin_what_they_install(name: str) -> None:
    """The head tells library, release, behaviour, what was seen and what rests on it; only releases are installed."""
    text = (_FOLDER / name).read_text(encoding="utf-8")
    installed = re.findall(r"--disable-pip-version-check (?:\\\n +)?(.+)\n", text)
    requirements = [word.strip('"') for line in installed for word in line.split()]

    assert _HEAD.match(text)
    assert requirements
    assert all("==" in requirement for requirement in requirements)
    assert "trap " in text
    assert os.access(_FOLDER / name, os.X_OK)


def test_the_index_lists_every_script() -> None:
    """Nobody has to look into the scripts to find one."""
    index = re.findall(
        r"^\| \[[a-z0-9-]+\]\(([a-z0-9-]+\.sh)\) \|", (_FOLDER / "README.md").read_text("utf-8"), re.MULTILINE
    )

    assert sorted(index) == _SCRIPTS
