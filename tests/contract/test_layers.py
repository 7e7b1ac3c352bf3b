"""The walls between the packages: who may import whom, what stays unimported, and whose underscore names are whose."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"torch", "streamlit", "plotly", "captum", "onnxruntime"}
LIGHT = ["base", "sensors", "signal", "runs", "jobs", "data", "data.sources", "evaluation", "inference"]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_imports_go_downward_only() -> None:
    done = _run("-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("name", LIGHT)
def test_the_lower_packages_open_without_a_heavy_library(name: str) -> None:
    module = f"stillroom.{name}"
    if find_spec(module) is None:
        pytest.skip(f"{module} is still to come")
    walk = (
        "import importlib, pkgutil, sys; top = importlib.import_module(sys.argv[1]);"
        "[importlib.import_module(m.name) for m in pkgutil.walk_packages(top.__path__, top.__name__ + '.')];"
        "print(*sys.modules)"
    )
    done = _run("-W", "ignore", "-c", walk, module)
    assert done.returncode == 0, done.stderr
    assert not HEAVY & set(done.stdout.split())


def _package(dotted: str) -> str:
    return ".".join(dotted.split(".")[:2])


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _trespasses(tree: ast.Module, home: str) -> Iterator[tuple[int, str]]:
    """Underscore names of another package that a module of package `home` imports, or reads off what it imported."""
    foreign = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [(alias.name, alias.asname or alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [(f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        for dotted, bound in modules:
            if not dotted.startswith("stillroom") or _package(dotted) == home:
                continue
            foreign.add(bound)
            if any(_is_private(part) for part in dotted.split(".")):
                yield node.lineno, dotted
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr) and ast.unparse(node.value) in foreign:
            yield node.lineno, ast.unparse(node)


def test_nothing_reaches_into_another_package_s_underscore_names() -> None:
    found = []
    for top in ("core", "app"):
        for path in sorted((ROOT / top).rglob("*.py")):
            home = _package(".".join(path.relative_to(ROOT / top).with_suffix("").parts))
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{path.relative_to(ROOT)}:{line}: {name}" for line, name in _trespasses(tree, home)]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "from stillroom.data.cache import _META",
        "from stillroom.data import _cache",
        "import stillroom.data._cache",
        "from stillroom.data import cache\ncache._META",
        "from stillroom.data import cache as kept\nkept._META.decode()",
    ],
)
def test_a_reach_for_an_underscore_name_is_seen(code: str) -> None:
    assert list(_trespasses(ast.parse(code), "stillroom.runs"))
    assert not list(_trespasses(ast.parse(code), "stillroom.data"))
