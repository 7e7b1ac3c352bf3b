"""Making a report: from the folder of a run or a study to one file, HTML or PDF, whole or not at all.

The same folder and options give the same bytes of HTML, whoever asks: nothing of a clock, of a path or of this machine
is in it but what the run itself kept.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stillroom
from stillroom.base.errors import InputError
from stillroom.base.paths import whole_file
from stillroom.report.assumptions import Assumptions
from stillroom.report.extra import need_extra
from stillroom.report.sources import RunSource, read

FORMS = (".html", ".pdf")


@dataclass(frozen=True)
class Report:
    """A report that was made.

    Attributes:
        html: the whole file.
        told: what a script reads of it.
    """

    html: str
    told: dict[str, Any]


def make(folder: Path, *, device: str = "", assumed: Assumptions | None = None) -> Report:
    """A report of a run or a study.

    Args:
        folder: of it.
        device: whose cost stands on the front page; a board that was measured by default, else the computer that
            measured.
        assumed: about money; our assumptions by default.

    Raises:
        InputError: no run or study, an unfinished or damaged one, a device nobody asked about, or a package is lacking.
    """
    need_extra()
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # that it reads fonts for the first time is no news
    from stillroom.report.of_run import front_and_sections as of_run
    from stillroom.report.of_study import front_and_sections as of_study
    from stillroom.report.page import page

    source = read(folder)
    try:
        if isinstance(source, RunSource):
            front, sections, told = of_run(source, device, assumed)
        else:
            front, sections, told = of_study(source, assumed)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"a file of it is damaged or of another version ({type(error).__name__}: {error})",
            where=str(folder), mend="Make it anew with the command that made it",
        ) from error  # fmt: skip
    title = f"{front.title}: {source.name}"
    html = page(front, sections, title=title, said=f"Stillroom {stillroom.__version__}")
    missing = [one.what for one in front.untested]
    facts = {"title": title, "finding": front.finding, "more": list(front.more), "untested": missing, **told}
    return Report(html, facts)


def form_of(to: Path) -> str:
    """The ending of the file that is asked for.

    Raises:
        InputError: neither .html nor .pdf, or a folder lies there.
    """
    form = to.suffix.lower()
    if form not in FORMS:
        raise InputError("a report is HTML or PDF", where=f"--to {to}", mend="Let the file's name end on .html or .pdf")
    if to.is_dir():
        raise InputError("a folder lies there", where=f"--to {to}", mend="Name a file")
    return form


def write(report: Report, to: Path) -> dict[str, Any]:
    """Writes a report, whole or not at all; a PDF by a Chromium.

    Args:
        report: made.
        to: ends on .html or .pdf.

    Returns:
        `file`, `form`, `size_bytes`, `sha256` of the file, and of a PDF `html_sha256`.

    Raises:
        InputError: another ending, or no browser for a PDF.
        StorageError: the disk refuses.
    """
    form = form_of(to)
    content = report.html.encode(errors="replace")
    told: dict[str, Any] = {"file": str(to), "form": form[1:]}
    if form == ".pdf":
        from stillroom.report.pdf import to_pdf

        told["html_sha256"] = hashlib.sha256(content).hexdigest()
        content = to_pdf(content)
    with whole_file(to) as beside:
        beside.write_bytes(content)
    return {**told, "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
