"""The container's recipe: linted, and held to what a server of other people's data owes them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.browser.kit import serving

from stillroom_app.server import HEALTH
from stillroom_app.serving.asked import PASSWORD

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / "app" / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """Each with its lines joined."""
    text = re.sub(r"^#.*\n", "", RECIPE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines if line.strip()]


def told(name: str) -> list[str]:
    return [value for word, value in instructions() if word == name]


def test_the_recipe_passes_the_linter() -> None:
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if not (hadolint := shutil.which("hadolint", path=beside)):
        pytest.skip("hadolint is not installed")
    found = subprocess.run([hadolint, "--failure-threshold", "style", str(RECIPE)], capture_output=True, text=True)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_every_base_is_slim_and_of_one_version() -> None:
    bases = [value.split()[0] for value in told("FROM")]
    assert bases
    assert [base for base in bases if not re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base)] == []


def test_it_does_not_run_as_root() -> None:
    assert told("USER")[-1] == "10001"
    last = [word for word, _ in instructions()]
    assert "RUN" not in last[last.index("USER") :]


def test_nothing_is_fetched_but_by_pip_and_every_version_is_constrained() -> None:
    assert told("ADD") == []
    runs = told("RUN")
    assert [run for run in runs if re.search(r"\b(curl|wget|git|apt-get)\b", run)] == []
    installs = [run for run in runs if "pip install" in run]
    assert installs
    assert [run for run in installs if "-c constraints.txt" not in run or "--no-cache-dir" not in run] == []


def test_torch_comes_from_the_index_for_processors_unless_another_is_given() -> None:
    assert "TORCH_INDEX=https://download.pytorch.org/whl/cpu" in told("ARG")


def test_no_secret_is_built_in() -> None:
    assert [value for word, value in instructions() if word in ("ARG", "ENV") and "PASSWORD" in value] == []


def test_the_workspace_is_a_volume() -> None:
    assert told("VOLUME") == ['["/data"]']
    assert "STILLROOM_WORKSPACE=/data/runs" in told("ENV")[-1]


def test_what_it_copies_lies_in_the_context() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for value in told("COPY") if "--from" not in value for name in value.split()[:-1]}
    assert copied == kept
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_it_starts_as_it_is_asked_to_and_its_health_is_seen(tmp_path: Path) -> None:
    entry, command = json.loads(told("ENTRYPOINT")[0]), json.loads(told("CMD")[0])
    assert entry == ["stillroom"]
    assert command[:3] == ["app", "--host", "0.0.0.0"]
    (check,) = told("HEALTHCHECK")
    words = json.loads(check.partition("CMD ")[2])
    assert HEALTH in words[-1]
    with serving(tmp_path / "runs", *command[1:3], **{PASSWORD: "a long password"}) as server:
        here = [sys.executable, *words[1:-1], words[-1].replace(":8501", f":{server.port}")]
        assert subprocess.run(here, capture_output=True).returncode == 0
    assert subprocess.run(here, capture_output=True).returncode != 0


def test_without_a_password_it_does_not_start(tmp_path: Path) -> None:
    command = json.loads(told("CMD")[0])
    found = subprocess.run(
        [sys.executable, "-m", "stillroom", *command[:3], "--port", "0", "--workspace", str(tmp_path)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert found.returncode == 2
    assert PASSWORD in found.stderr
