"""Names of others inside Markdown are read as they are; ordinary ones are not changed."""

from __future__ import annotations

import pytest

from stillroom.base.markdown import code, plain


@pytest.mark.parametrize(
    "name", ["p01", "press fit", "right_wrist", "stretch 1", "12 kg (left)", "a-b, c/d & e", "2.5"]
)
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    assert plain(name) == name and code(name) == f"`{name}`"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("[p01](http://evil.example)", r"\[p01\](http\://evil.example)"),
        ("**[get](..)** :red[a|b]", r"\*\*\[get\](..)\*\* \:red\[a|b\]"),
        ("<b>x</b>", r"\<b>x\</b>"),
        ("_a_ ~~b~~ $c$", r"\_a\_ \~\~b\~\~ \$c\$"),
        ("# a\n- b", r"\# a - b"),
        ("1. a", r"1\. a"),
        ("a@b.co www.b.co :smile:", r"a\@b.co www\.b.co \:smile:"),
        ("&lt; `c`", r"\&lt; \`c\`"),
    ],
)
def test_what_would_be_read_as_a_sign_is_escaped(name: str, said: str) -> None:
    assert plain(name) == said


def test_ticks_in_code_do_not_end_it() -> None:
    assert code("a `b`` c") == "``` a `b`` c ```"
