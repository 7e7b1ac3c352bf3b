"""The optional packages of an export, asked for in one sentence where they are missing, and kept quiet."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from stillroom.base.extras import refuse_lacking

PACKAGES = ("onnx", "onnxruntime", "onnxscript", "onnxslim")


def missing() -> list[str]:
    """Packages of the extra that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def need_extra() -> None:
    """Looks whether everything is installed.

    Raises:
        InputError: a package is missing; the sentence names the extra that brings it.
    """
    refuse_lacking(missing(), "an export needs", "export")


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps the exporter's and the quantiser's own remarks from the user's screen; what matters is checked here."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
