"""A report as text: names of others are no Markdown, ordinary ones stay as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import stillroom_app
from stillroom.recipes.report_text import to_markdown

DEMO = Path(stillroom_app.__file__).parent / "demo" / "tsak"


@pytest.fixture
def report() -> dict[str, Any]:
    return dict(json.loads((DEMO / "report.json").read_text()))


def test_a_report_of_ordinary_names_has_no_escape_in_it(report: dict[str, Any]) -> None:
    report.update(data="factory", data_title="Packing and assembly line (simulated)")
    assert "\\" not in to_markdown(report)


def test_names_of_people_and_classes_are_no_links_no_directives_and_no_cells(report: dict[str, Any]) -> None:
    person, label = "[p01](http://evil.example)", "**[get](..)** :red[a|b]"
    told = json.dumps(report).replace('"p01"', json.dumps(person)).replace("press fit", label)
    report = json.loads(told) | {"data_title": "[click](http://evil.example) <b> `"}
    text = to_markdown(report)
    assert "[p01](" not in text and r"\[p01\](http\://evil.example)" in text
    assert ":red[" not in text.replace(r"\:", "") and r"\[click\](http\://evil.example) \<b> \`" in text
    (row,) = (line for line in text.splitlines() if r"\[get\]" in line)
    head = next(line for line in text.splitlines() if line.startswith("| activity"))
    assert row.replace(r"\|", "").count("|") == head.count("|")
