"""Writes Alembic revisions for tests."""

from pathlib import Path
from textwrap import dedent

from tests.integration.kit_store.databases import MIGRATIONS


def write_revision(folder: Path, revision: str, down_revision: str | None, body: str) -> None:
    """Write one revision below `folder`, with the environment of the other tests."""
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "env.py").write_text((MIGRATIONS / "env.py").read_text())
    source = f"""
        from alembic import op
        revision = {revision!r}
        down_revision = {down_revision!r}

        def upgrade() -> None:
            """
    (folder / "versions" / f"{revision}.py").write_text(dedent(source).rstrip() + f"\n    {body}\n")
