"""Which browser the tests use, asked of machines that are made up: no network, no installation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.browser.finding import BROWSER, DOWNLOAD, INSTALL, PLACE, UPDATE, Here, find, given, wanted

PLAYWRIGHTS = "/cache/chrome"


class Machine:
    """A machine with some programs, on which some commands fail.

    Attributes:
        asked: what was run on it.
    """

    def __init__(self, *there: str, root: bool = True, debian: bool = True, fails: Sequence[Sequence[str]] = ()):
        self.there, self.fails = set(there), {tuple(words) for words in fails}
        self.asked: list[tuple[str, ...]] = []
        self.here = Here(lambda name: f"/bin/{name}" if name in self.there else None, self.run, root, debian)

    def run(self, words: Sequence[str]) -> str | None:
        self.asked.append(tuple(words))
        if tuple(words) in self.fails:
            return None
        if tuple(words) == INSTALL:
            self.there.add("chromium")
        if tuple(words) == DOWNLOAD:
            self.there.add(PLAYWRIGHTS)
        if words[-1] == "--version" and words[0].removeprefix("/bin/") not in self.there:
            return None
        return PLAYWRIGHTS if tuple(words) == PLACE else ""


def test_a_browser_on_the_path_is_used_and_nothing_is_installed() -> None:
    machine = Machine("google-chrome", "apt-get")
    assert find(machine.here) == "/bin/google-chrome"
    assert machine.asked == [("/bin/google-chrome", "--version")]


def test_a_program_that_does_not_start_is_no_browser() -> None:
    machine = Machine("chromium", "google-chrome", root=False, fails=[("/bin/chromium", "--version")])
    assert find(machine.here) == "/bin/google-chrome"


def test_on_debian_as_root_its_own_chromium_is_installed() -> None:
    machine = Machine("apt-get")
    assert find(machine.here) == "/bin/chromium"
    assert DOWNLOAD not in machine.asked and UPDATE not in machine.asked


@pytest.mark.parametrize("where", [{"root": False}, {"debian": False}], ids=["no root", "no Debian"])
def test_where_debians_may_not_be_installed_playwrights_is_downloaded(where: dict[str, bool]) -> None:
    machine = Machine("apt-get", **where)
    assert find(machine.here) == PLAYWRIGHTS
    assert INSTALL not in machine.asked


def test_where_apt_fails_its_lists_are_fetched_once_and_then_playwrights_is_downloaded() -> None:
    machine = Machine("apt-get", fails=[INSTALL])
    assert find(machine.here) == PLAYWRIGHTS
    assert machine.asked.count(INSTALL) == 2 and machine.asked.count(UPDATE) == 1


def test_what_was_downloaded_before_is_not_downloaded_again() -> None:
    machine = Machine(PLAYWRIGHTS, root=False)
    assert find(machine.here) == PLAYWRIGHTS
    assert DOWNLOAD not in machine.asked


def test_where_nothing_can_be_had_there_is_none_and_no_error() -> None:
    assert find(Machine("apt-get", fails=[INSTALL, UPDATE, DOWNLOAD]).here) == ""
    assert find(Machine(root=False, fails=[PLACE]).here) == ""


def test_what_the_environment_names_is_not_looked_for() -> None:
    machine = Machine("chromium")
    assert given({BROWSER: "/mine"}, lambda: machine.here) == "/mine"
    assert given({BROWSER: ""}, lambda: machine.here) == ""
    assert machine.asked == []
    assert given({}, lambda: machine.here) == "/bin/chromium"


@pytest.mark.parametrize(
    ("arguments", "reaches"),
    [
        (["tests"], True), (["tests/browser"], True), (["tests/browser/test_pages.py::test_one[home]"], True),
        (["tests/unit", "tests/browser"], True), (["tests/unit"], False), (["tests/browser_not"], False),
        (["."], True), ([], False),
    ],
)  # fmt: skip
def test_a_browser_is_wanted_where_the_arguments_reach_its_tests(
    arguments: list[str], reaches: bool, tmp_path: Path
) -> None:
    assert wanted(arguments, tmp_path, tmp_path / "tests" / "browser") is reaches
