"""What every test stands on: one thread, a home and a cache of its own, real recordings and a browser where at hand.

The first process makes one folder for the whole session and the xdist workers inherit it, so that what is slow to make
(the simulated line) is made once: cached files are renamed into place whole, and a second writer replaces like by like.

Here, and here alone, shapes are checked: what a function of `SHAPED` takes and gives is held against its annotations.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import beartype
import hypothesis
import jaxtyping
import pytest
from tests.browser.finding import BROWSER, NO_BROWSER, given, this_machine, wanted

DATA = "STILLROOM_DATA"
NO_DATA = f"{DATA} is not set"

SHAPED = ("stillroom.explain", "stillroom.losses", "stillroom.models", "stillroom.signal", "stillroom.training")

_folder = pytest.StashKey[Path]()

# One thread each, said before another conftest imports torch.
_threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
os.environ.update(dict.fromkeys(_threads, "1"), GOMP_SPINCOUNT="1000")

hypothesis.settings.register_profile("stillroom", deadline=None, derandomize="CI" in os.environ, print_blob=True)
hypothesis.settings.load_profile("stillroom")


def _has_shape(hint: Any) -> bool:
    return (isinstance(hint, type) and issubclass(hint, jaxtyping.AbstractArray)) or any(
        map(_has_shape, get_args(hint))
    )


def shapes_alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """Has shapes and dtypes checked and nothing else: all other types are mypy's, and some cannot be checked at run."""
    kept = {name: hint for name, hint in function.__annotations__.items() if _has_shape(hint)}
    if not kept:
        return function
    function.__annotations__ = kept
    checked: Callable[..., Any] = beartype.beartype(function)
    return checked


# Before any test imports them. The checker is named, not given: it is looked up when a module is loaded.
jaxtyping.install_import_hook(SHAPED, f"sys.modules[{__name__!r}].shapes_alone")


def pytest_configure(config: pytest.Config) -> None:
    """Finds a browser, and gives the session its own home and cache, before any worker starts."""
    if hasattr(config, "workerinput"):
        return
    if wanted(config.args, config.rootpath, config.rootpath / "tests" / "browser"):  # once, before there are workers
        os.environ[BROWSER] = given(dict(os.environ), this_machine)
    folder = config.stash[_folder] = Path(tempfile.mkdtemp(prefix="stillroom-tests-"))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    for name in ("HOME", "USERPROFILE", "STILLROOM_CACHE"):
        home = folder / name.lower()
        home.mkdir()
        os.environ[name] = str(home)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Takes the session's folder away."""
    if folder := config.stash.get(_folder, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_report_teststatus(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, str] | None:
    """Counts apart, in pytest's last line, the tests skipped for want of real recordings, or of a browser."""
    if report.skipped and DATA in str(report.longrepr):
        return f"skipped for want of real recordings ({NO_DATA})", "s", "SKIPPED (no real recordings)"
    if report.skipped and NO_BROWSER in str(report.longrepr):
        return f"skipped for want of a browser ({NO_BROWSER})", "s", "SKIPPED (no browser)"
    return None


@pytest.fixture(scope="session")
def stillroom_data() -> Path:
    """The folder of real recordings: `dsads/`, `openpack/`, `hapt/`, `spsw/`, each in its publisher's layout."""
    named = os.environ.get(DATA)
    if not named:
        pytest.skip(NO_DATA)
    folder = Path(named)
    assert folder.is_dir(), f"{DATA} names no folder: {folder}"
    return folder
