"""The client's wheel, built as its README says."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_SERVICES = Path(__file__).resolve().parents[3] / "services"
_SOURCES = ("outreach_client", "outreach")


def _list_files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the two packages that the wheel is made of, with the wheel built beside it in `dist`."""
    root = tmp_path_factory.mktemp("checkout")
    for name in _SOURCES:
        shutil.copytree(_SERVICES / name, root / "services" / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", "dist", "services/outreach_client"], cwd=root, check=True)  # noqa: S603
    return root


def test_building_leaves_the_source_tree_as_it_was(checkout: Path) -> None:
    """What the checks read has nothing more in it than before: no `build`, no `egg-info`."""
    before = {f"{name}/{file}" for name in _SOURCES for file in _list_files(_SERVICES / name)}
    after = _list_files(checkout / "services")

    assert {file for file in after - before if "__pycache__" not in file} == set()
    assert {path.name for path in checkout.iterdir()} == {"services", "dist", ".local"}


def test_the_wheel_holds_the_client_and_the_public_protos_alone(checkout: Path) -> None:
    """Teams get every module of the client, stubs and call settings of the public services, and nothing internal."""
    [wheel] = (checkout / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    modules = {f"outreach_client/{name}" for name in _list_files(_SERVICES / "outreach_client") if name.endswith(".py")}

    assert modules - {*names} == set()
    assert "outreach_client/py.typed" in names
    assert "outreach/delivery/v1/campaign_pb2.pyi" in names
    assert any(
        name.startswith("outreach/delivery/v1/") and name.endswith("_grpc_service_config.json") for name in names
    )
    assert [name for name in names if "/internal/" in name] == []
