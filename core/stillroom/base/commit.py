"""Which commit of ours this is, where Stillroom runs from a checkout; a report names it beside the version."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_PATIENCE_S = 10.0


@cache
def commit() -> str | None:
    """The commit in 12 digits, `-dirty` behind it where files were changed since; None without a checkout or git.

    A repository around it that is somebody else's, as of a project that installed Stillroom below itself, is not asked.
    """
    root = _PACKAGE.parents[1]
    if root / "core" / "stillroom" != _PACKAGE or not (root / ".git").exists():
        return None
    words = ("git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
