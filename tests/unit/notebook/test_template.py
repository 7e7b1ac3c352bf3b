"""Templates: what is chosen for a page, and names that stay names in code and in Markdown."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.notebook import template
from stillroom.notebook.making import SECTIONS
from stillroom.notebook.template import CELLS, cells_of, literal

TEXT = """when: one

## A heading for $name

?two: Only with two.

?!two: Only without.

```python first
print($name)
```

```python second when two !three
pass
```
"""


@pytest.fixture
def cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of templates with one of them."""
    monkeypatch.setattr(template, "CELLS", tmp_path)
    (tmp_path / "page.md").write_text(TEXT)
    return tmp_path


@given(st.text())
def test_a_literal_is_the_text_on_one_line_of_ascii(text: str) -> None:
    said = literal(text)
    assert ast.literal_eval(said) == text
    assert said.isascii() and "\n" not in said


def test_a_template_is_for_the_pages_for_which_its_flags_hold(cells: Path) -> None:
    assert cells_of("page", {"name": "x"}, set()) == []
    assert [cell.name for cell in cells_of("page", {"name": "x"}, {"one"})] == ["page-text", "page-first"]
    assert len(cells_of("page", {"name": "x"}, {"one", "two"})) == 3
    assert len(cells_of("page", {"name": "x"}, {"one", "two", "three"})) == 2


def test_a_paragraph_stands_only_where_its_flag_holds(cells: Path) -> None:
    without, with_two = (cells_of("page", {"name": "x"}, {"one", *more})[0].source for more in ((), ("two",)))
    assert "Only without." in without and "Only with two." not in without
    assert "Only with two." in with_two and "Only without." not in with_two


def test_a_name_that_is_not_given_is_refused(cells: Path) -> None:
    with pytest.raises(KeyError):
        cells_of("page", {}, {"one"})


def test_every_template_is_a_part_of_some_page_and_every_part_has_one() -> None:
    files = {path.relative_to(CELLS).with_suffix("").as_posix() for path in CELLS.glob("*/*.md")}
    assert files == {f"{kind}/{part}" for kind, parts in SECTIONS.items() for part in parts}


@pytest.mark.parametrize("path", sorted(CELLS.glob("*/*.md")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_result_is_typed_into_a_template(path: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`]*`", "", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"\d+\.\d+|\d+ ?%|\d+ times|\d{3,}", prose) == []


@pytest.mark.parametrize("path", sorted(CELLS.glob("*/*.md")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_widget_is_the_last_word_of_its_cell(path: Path) -> None:
    """Without the semicolon a cell would also print the function; a formatter of Python takes it away."""
    for source in re.findall(r"^```python [^\n]+\n(.*?)\n```$", path.read_text(), flags=re.DOTALL | re.MULTILINE):
        if re.search(r"^interact\(", source, flags=re.MULTILINE):
            assert source.endswith(");")
