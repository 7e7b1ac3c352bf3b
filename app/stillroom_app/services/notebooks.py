"""A run or a study as a notebook: what the command line writes, but that it finds its folder from anywhere.

It is written in process: that needs no torch. What it does when somebody runs it is between it and its own kernel.
"""

from __future__ import annotations

from dataclasses import dataclass

from stillroom.notebook.making import file_name, notebook_of
from stillroom_app.services import workspace
from stillroom_app.services.explained import short_path


@dataclass(frozen=True)
class Notebook:
    """A notebook to take away.

    Attributes:
        name: of the file.
        data: its bytes.
        words: the command that writes it, after `stillroom`.
    """

    name: str
    data: bytes
    words: tuple[str, ...]


def notebook(name: str) -> Notebook:
    """A notebook about a run or a study.

    Args:
        name: its folder below the workspace, or `demo:FOLDER`.

    Raises:
        InputError: no such run or study, or nothing in it is finished.
    """
    folder, called, _ = workspace.place(name)
    text = notebook_of(folder, name=called)
    return Notebook(file_name(folder.name), text.encode(), ("runs", "notebook", short_path(folder)))
