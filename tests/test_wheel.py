"""What is installed: one package, which shadows nobody's modules; and the client by itself."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable, Iterable
from email import message_from_string
from importlib.metadata import distribution
from pathlib import Path

import pytest
from conftest import ROOT
from packaging.requirements import Requirement

LARGE = ("models/networks/", "models/bundles/upstander-base/", "models/bundles/upstander-cascade/")
"""In the repository, and not in the wheel."""

FOLDERS = ("evaluation", "models", "policies", "serving", "training")

Python = Callable[..., subprocess.CompletedProcess[str]]


def build(kind: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def environment(folder: Path, wheel: Path) -> tuple[Path, Path]:
    """A fresh environment with the wheel alone: its site-packages and its python."""
    venv.create(folder, with_pip=False, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site, folder / "bin" / "python"


def run(python: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *command], cwd=cwd, capture_output=True, text=True, check=False, timeout=120,
        env={"PATH": "/usr/bin:/bin", "HOME": str(cwd)},
    )  # fmt: skip


def test_it_holds_one_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"upstander"}
    for folder in FOLDERS:
        assert any(name.startswith(f"upstander/{folder}/") for name in names), folder
    for name in (
        "py.typed",
        "policies/hate.toml",
        "models/upstander.pub",
        "training/recipes/minilm.toml",
    ):
        assert f"upstander/{name}" in names
    left_out = (*(f"upstander/{folder}" for folder in LARGE), "__pycache__")
    assert not [name for name in names if any(part in name for part in left_out)]
    assert wheel.stat().st_size < 100_000_000


def test_every_committed_file_of_a_room_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    listed = subprocess.run(
        ["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    committed = {name for name in listed if name and not name.startswith(LARGE)}
    assert {f"upstander/{name}" for name in committed} <= names


def test_a_wheel_can_be_built_of_the_source_distribution(wheel: Path, tmp_path: Path) -> None:
    source = build("sdist", tmp_path / "sdist")
    with tarfile.open(source) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    of_wheel = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    assert of_wheel <= files
    assert {"pyproject.toml", "README.md", "LICENSE", "NOTICE"} <= files


@pytest.fixture(scope="module")
def neighbour(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """A program with packages of the same names as the folders; other packages are shared."""
    folder = tmp_path_factory.mktemp("neighbour")
    site, python = environment(folder / "env", wheel)
    shared = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "shared.pth").write_text("\n".join(sorted(shared)) + "\n")
    program = folder / "program"
    for name in FOLDERS:
        (program / name).mkdir(parents=True)
        (program / name / "__init__.py").write_text(f"WHOSE = 'the program: {name}'\n")

    def start(code: str) -> subprocess.CompletedProcess[str]:
        (program / "app.py").write_text(code)
        return run(python, program, "app.py")

    return start


def test_a_program_keeps_its_own_modules(neighbour: Python) -> None:
    done = neighbour(
        "import evaluation, models, policies, serving, training\n"
        "from upstander import Classifier\n"
        "import upstander.serving.app\n"
        "assert models.WHOSE == 'the program: models' and models is not upstander.models\n"
        "assert 'site-packages' in upstander.models.__file__\n"
        "print(Classifier().score('Good morning, everyone.').decision.band)\n"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "allow\n"


def closure(names: Iterable[str]) -> set[str]:
    """Distributions and all that they need, without their extras."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return found


@pytest.fixture(scope="module")
def client_alone(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[set[str], Path, Path]:
    """The wheel with what `upstander[client]` needs: packages, python, and a folder to run in."""
    folder = tmp_path_factory.mktemp("client")
    site, python = environment(folder / "env", wheel)
    (metadata,) = site.glob("upstander-*.dist-info/METADATA")
    lines = message_from_string(metadata.read_text()).get_all("Requires-Dist") or []
    needed = [Requirement(line) for line in lines]
    names = closure(
        one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": "client"})
    )
    for name in names:
        for file in distribution(name).files or ():
            top = file.parts[0]
            if top not in ("..", "__pycache__") and not (site / top).exists():
                (site / top).symlink_to(distribution(name).locate_file(top))
    return names, python, folder


def test_the_client_installs_alone(client_alone: tuple[set[str], Path, Path]) -> None:
    names, python, folder = client_alone
    assert {"httpx", "pydantic"} <= names
    assert not names & {"onnxruntime", "sqlalchemy", "numpy", "fastapi", "typer"}
    code = (
        "from upstander.client import AsyncClient, Client, ClientError\n"
        "with Client('http://127.0.0.1:9', retries=0) as client:\n"
        "    try:\n"
        "        client.score('x')\n"
        "    except ClientError as error:\n"
        "        print(type(error).__name__)\n"
    )
    done = run(python, folder, "-c", code)
    assert (done.stdout, done.returncode) == ("Unreachable\n", 0), done.stderr


def test_the_command_says_what_it_needs(client_alone: tuple[set[str], Path, Path]) -> None:
    _, python, folder = client_alone
    done = run(python, folder, "-m", "upstander", "serve")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install -c constraints.txt -e '.[serve]'" in done.stderr
