"""The rules of the house that a machine can hold: sizes, docstrings, no pickle, no leftovers, pins, a whole README.

Deliberately no check of what the linter and the type checker hold already.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
TEXT = {".py", ".pyi", ".md", ".toml", ".yml", ".yaml", ".json", ".txt", ".csv", ".ipynb", ".sh", ".cfg", ""}
MAX_FILE, MAX_FUNCTION = 350, 60
LEFTOVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE_PATH = re.compile(r"(?<![\w.:/])(/(home|root|tmp|work|Users|workspace)/\w|[A-Z]:\\+Users)")
PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE = {("allow_pickle", True), ("weights_only", False)}

Functions = (ast.FunctionDef, ast.AsyncFunctionDef)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _at(path: Path, line: int, what: str) -> str:
    return f"{path.relative_to(ROOT).as_posix()}:{line}: {what}"


def _project_files() -> list[Path]:
    """What git tracks or would track; nothing where this is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def test_every_file_of_the_core_is_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in CORE}
    assert [_at(path, 1, f"{lines} lines") for path, lines in lengths.items() if lines > MAX_FILE] == []


def test_every_function_of_the_core_is_short() -> None:
    found = [
        _at(path, node.lineno, f"{node.name} has {length} lines")
        for path in CORE
        for node in ast.walk(_tree(path))
        if isinstance(node, Functions) and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION
    ]
    assert found == []


def _undocumented(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    for node in body:
        if not isinstance(node, (*Functions, ast.ClassDef)) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node) and not _says_the_same(node):
            yield node.lineno, node.name
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node.body)


def _says_the_same(node: ast.stmt) -> bool:
    """Overloads and overrides are documented where they come from."""
    names = [ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in getattr(node, "decorator_list", [])]
    return bool({"overload", "override", "setter"} & set(names))


def test_every_module_and_public_name_of_the_core_has_a_docstring() -> None:
    found = []
    for path in CORE:
        tree = _tree(path)
        missing = [*_undocumented(tree.body)]
        found += [
            _at(path, line, name) for line, name in ([] if ast.get_docstring(tree) else [(1, "module")]) + missing
        ]
    assert found == []


def _dangers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Ways to run a stranger's code by loading a file of his."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name.split(".")[0] in PICKLERS)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PICKLERS:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            if (node.arg, node.value.value) in UNSAFE:
                yield node.lineno, f"{node.arg}={node.value.value}"
        elif isinstance(node, ast.Attribute) and node.attr in {"read_pickle", "to_pickle"}:
            yield node.lineno, node.attr


def test_the_core_never_unpickles() -> None:
    assert [_at(path, *danger) for path in CORE for danger in _dangers(_tree(path))] == []


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from joblib import load", "np.load(f, allow_pickle=True)", "torch.load(f, weights_only=False)",
     "pd.read_pickle(f)"],
)  # fmt: skip
def test_a_way_to_unpickle_is_seen(code: str) -> None:
    assert list(_dangers(ast.parse(code)))


def _prints(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "pprint"}:
            yield node.lineno, ast.unparse(node)


def test_the_core_prints_nothing_but_on_the_command_line() -> None:
    quiet = [path for path in CORE if path.relative_to(ROOT).parts[:3] != ("core", "stillroom", "cli")]
    assert [_at(path, *printed) for path in quiet for printed in _prints(_tree(path))] == []


@pytest.mark.parametrize(
    ("what", "pattern"), [("a leftover", LEFTOVERS), ("a machine's path", MACHINE_PATH)], ids=["leftover", "path"]
)
def test_no_file_of_the_project_carries(what: str, pattern: re.Pattern[str]) -> None:
    found = []
    for path in _project_files():
        if path.suffix not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if hit := pattern.search(line):
                found.append(_at(path, number, f"{what}: {hit[0]}"))
    assert found == []


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pair) == 2 for pair in pairs), "every line pins one version"
    return {canonicalize_name(name): version for name, version in pairs}


def _named() -> list[Requirement]:
    project = _pyproject()["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return [wanted for text in texts if (wanted := Requirement(text)).name != project["name"]]


def test_the_constraints_pin_every_package_that_pyproject_names() -> None:
    pins = _pins()
    assert [wanted.name for wanted in _named() if canonicalize_name(wanted.name) not in pins] == []
    assert [
        str(wanted) for wanted in _named() if not wanted.specifier.contains(pins[canonicalize_name(wanted.name)])
    ] == []


def test_the_constraints_fit_every_build_of_a_version() -> None:
    assert [name for name, version in _pins().items() if "+" in version] == []


def test_what_runs_here_is_what_is_pinned() -> None:
    here: dict[str, str] = {
        canonicalize_name(found.name): found.version.split("+")[0] for found in metadata.distributions()
    }
    assert {name: here[name] for name, pin in _pins().items() if here.get(name, pin) != pin} == {}


def _needed(wanted: Requirement, seen: set[tuple[str, str]]) -> set[str]:
    """A package and all that it needs here, by name; CUDA's libraries, which come with one build of torch, left out."""
    name = canonicalize_name(wanted.name)
    found: set[str] = set() if name.startswith(("cuda-", "nvidia-", "triton")) else {name}
    for extra in {"", *wanted.extras}:
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for text in metadata.requires(name) or []:
            below = Requirement(text)
            if below.marker is None or below.marker.evaluate({"extra": extra}):
                found |= _needed(below, seen)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="the constraints are resolved on Linux")
def test_the_constraints_pin_everything_that_is_installed_for_the_tests() -> None:
    assert _needed(Requirement("stillroom[dev]"), set()) - set(_pins()) == {"stillroom"}


def _commands() -> list[tuple[str, ...]]:
    """Every command of the command line, as the words that a person types after `stillroom`."""
    if find_spec("stillroom.cli.main") is None:
        pytest.skip("the command line is still to come")
    import typer

    import stillroom.cli.main as main

    apps = [value for value in vars(main).values() if isinstance(value, typer.Typer)]
    assert apps, "stillroom.cli.main holds no typer.Typer"
    return list(_leaves(typer.main.get_command(max(apps, key=lambda app: len(app.registered_groups))), ()))


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not hasattr(command, "commands"):
        yield words
        return
    for name, child in command.commands.items():
        if not child.hidden:
            yield from _leaves(child, (*words, name))


def test_the_readme_shows_every_command() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    missing = []
    for first, *rest in _commands():
        shown = [line.split(f"stillroom {first}", 1)[1] for line in lines if f"stillroom {first}" in line]
        if not any(all(re.search(rf"(?<![\w-]){word}(?![\w-])", line) for word in rest) for line in shown):
            missing.append(" ".join(["stillroom", first, *rest]))
    assert missing == []


def test_the_readme_names_every_verb_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE)) - {"help", "constraints"}
    assert {"demo", "test", "check", "fmt", "bench"} <= verbs
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in sorted(verbs) if f"make {verb}" not in readme] == []
