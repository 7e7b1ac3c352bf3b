"""Every page, in an empty workspace."""

from __future__ import annotations

import pytest
from tests.app.kit import opened

from stillroom_app.shell import PAGES

NAMES = [name for section in PAGES.values() for name in section]


@pytest.mark.parametrize("page", NAMES)
def test_every_page_opens_with_a_question_in_an_empty_workspace(page: str) -> None:
    at = opened(page)
    assert len(at.title) == 1
    assert not at.error
