"""Pictures of every page, light and dark, wide and narrow: `python -m tests.browser.pictures --to pictures/`.

They are for looking at, one by one; the folder is ignored by git.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.browser.kit import PAGES, Server, browser, picture, serving, tab

WIDTHS = (360, 1366)


def main() -> None:
    """Takes the pictures that are asked for."""
    asked = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    asked.add_argument("--to", type=Path, default=Path("pictures"))
    asked.add_argument("--page", action="append", help="as home, or 'compare?run=demo:tsak'; all pages by default")
    asked.add_argument("--width", action="append", type=int)
    asked.add_argument("--theme", action="append", choices=("light", "dark"))
    asked.add_argument("--workspace", type=Path, help="an empty one by default, which shows the demo")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(given.workspace or Path(folder) / "runs") as server:
        for name in given.page or PAGES:
            for theme in given.theme or ("light", "dark"):
                for width in given.width or WIDTHS:
                    _take(server, name, theme, width, given.to)


def _take(server: Server, name: str, theme: str, width: int, to: Path) -> None:
    page, _, query = name.partition("?")
    with browser() as chromium, tab(chromium, server, width=width, dark=theme == "dark") as one:
        one.open(page, **dict(pair.split("=", 1) for pair in query.split("&") if pair))
        path = to / f"{page}-{theme}-{width}.png"
        picture(one, path, width=width)
        for problem in (*one.outside, *one.said):
            print(f"{path.name}: {problem}")
        print(path)


if __name__ == "__main__":
    main()
