"""An empty folder to run notebooks in, with a kernel that is the interpreter of the tests."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from nbclient.output_widget import OutputWidget


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to run in, and `python3` being the interpreter that runs the tests."""
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "tests", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("STILLROOM_NOTEBOOK_FAST", "1")
    # nbclient echoes a widget's output to the kernel, and may then sleep through the cell's answer (its issue 312)
    monkeypatch.setattr(OutputWidget, "send", lambda *_, **__: None)
    work = tmp_path / "work"
    work.mkdir()
    return work
