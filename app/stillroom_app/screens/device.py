"""Device: what teacher and student cost here and on boards, what boards sent back, and the student to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from stillroom.base.errors import StillroomError
from stillroom.figures import cost
from stillroom.figures.cost_wording import size
from stillroom.figures.intervals import upper
from stillroom.runs.manifest import NAME, Manifest
from stillroom_app.components import costing
from stillroom_app.components.chart import chart
from stillroom_app.components.job import start_button
from stillroom_app.components.page import badge, empty, exact_command, head, refused
from stillroom_app.components.pick import pick_run
from stillroom_app.components.text import plain
from stillroom_app.components.waiting import waits
from stillroom_app.services import devices, exports
from stillroom_app.services.workspace import Entry
from stillroom_app.state import teaching
from stillroom_app.theme import look

_TABS = ("This computer", "Jetson and microcontrollers", "Measured on a device", "Download")
_EXPORT = (
    "The student as ONNX: in 32-bit and 16-bit floats and in INT8, with its normalisation inside, each compared with"
    " the model on real windows."
)
_ZIP = (
    "One zip: the same files, windows to try, and a script that needs no Stillroom there. The windows are real"
    " recordings of people: delete them there when you are done."
)
_FORMS = {".onnx": "application/octet-stream", ".json": "application/json", ".zip": "application/zip"}


def draw() -> None:
    """The page."""
    head("What would it cost on the device?", "Counted, measured or estimated; each number says which.")
    entry = pick_run()
    if entry is None:
        return empty("Nothing has been distilled yet, so there is nothing to measure.", "distil", "Distil a student")
    badge(entry.whose)
    told = _told(entry)
    if told is not None:
        costing.comparison(told)
    named = (_here_called(told), *_TABS[1:]) if told is not None else _TABS[2:]
    tabs = dict(zip(named, st.tabs(named, key="device_tab", on_change="rerun", bind="query-params"), strict=True))
    for name, tab in tabs.items():
        if tab.open:
            with tab:
                _guarded(name, entry, told)
    return None


def _told(entry: Entry) -> dict[str, Any] | None:
    """The last answer; where there is none, the button that asks."""
    waiting = entry.whose == "yours" and waits("cost", entry.run.folder, "device_waits")
    try:
        told = devices.cost_of(entry)
    except StillroomError as error:
        refused(error)
        return None
    if told is None and not waiting and (why := devices.unmeasurable(entry)):
        st.info(why, icon=":material/info:")
    elif told is None and not waiting:
        with st.container(border=True, key="device_door"):
            st.markdown(
                "This run's models were not measured yet. It takes half a minute; nothing else should run then."
            )
            costing.ask(entry, "Count and measure")
    return told


def _guarded(name: str, entry: Entry, told: dict[str, Any] | None) -> None:
    try:
        if told is not None and name == _here_called(told):
            _here(told)
        elif told is not None and name == _TABS[1]:
            _boards(entry, told)
        elif name == _TABS[2]:
            _measured(entry)
        else:
            _download(entry)
    except StillroomError as error:
        refused(error)


def _here_called(told: dict[str, Any]) -> str:
    return upper(told["computer"]) if told.get("computer") else _TABS[0]


def _here(told: dict[str, Any]) -> None:
    own = devices.only(told, here=True)
    chart(cost.reduction(own, look()), "device_reduction")
    chart(cost.latency(own, look(), hop_s=told["stride_s"]), "device_latency")
    opened = st.expander("Where in the network", key="device_parts_open", on_change="rerun", type="compact")
    if opened.open:
        with opened:
            chart(cost.parts(own, look()), "device_parts")
    if teaching():
        with st.container(border=True, key="device_teach"):
            st.markdown(
                "**What is counted.** A multiply-accumulate is one product added to a sum; a convolution over time has"
            )
            st.latex(r"\text{MACs} = T_\text{out}\; C_\text{out}\; \frac{C_\text{in}}{\text{groups}}\; k, \qquad"
                     r"\text{FLOPs} = 2\,\text{MACs}")  # fmt: skip
            st.markdown("Peak activation memory is an upper bound: no two operators are thought of as one.")


def _boards(entry: Entry, told: dict[str, Any]) -> None:
    boards = devices.only(told, here=False)
    if boards["figures"]:
        st.markdown("A band is where the time should lie; what was never measured is never a bare number.")
        chart(cost.latency(boards, look(), hop_s=told["stride_s"]), "device_boards_latency")
        if any(one["quantity"] == "energy" for one in boards["figures"]):
            chart(cost.latency(boards, look(), quantity="energy"), "device_boards_energy")
        costing.room(boards)
        opened = st.expander("Every figure with its source", key="device_sources", on_change="rerun", type="compact")
        if opened.open:
            with opened:
                costing.bands(boards)
                costing.bands(boards, "energy")
    with st.container(border=True, key="device_other"):
        costing.ask(entry, "Estimate these boards", primary=not boards["figures"], chosen=devices.asked_boards(told))


def _measured(entry: Entry) -> None:
    if sent := devices.sent(entry):
        st.dataframe(pd.DataFrame(sent), key="device_sent", hide_index=True, alt="Measurements that boards have sent")
    else:
        st.markdown("No board has measured this run yet. Run its device bundle there and bring back `results.json`.")
        exact_command(["device", "import", "results.json"], "Or bring it in on the command line")
    costing.bands({"figures": devices.imported(entry)})
    if entry.whose == "demo":
        return
    boards = devices.boards()
    board = st.selectbox(
        "Board, where it does not say itself which it is", ["", *boards], key="device_import_board",
        format_func=lambda one: boards[one].title if one else "it says so itself",
    )  # fmt: skip
    file = st.file_uploader(
        "results.json of a device bundle", type="json", key="device_import", max_upload_size=2,
        help="Checked here: board, power mode, runtime, precision, number of calls, and whether its answers were right",
    )  # fmt: skip
    if file is not None and st.button("Check and keep", key="device_import_go", type="primary"):
        name = devices.take(entry, file.name, file.getvalue(), str(board or ""))
        st.toast(f"Kept what {plain(name)} measured.", icon=":material/memory:")
        st.rerun()


def _download(entry: Entry) -> None:
    if why := exports.can_go_out(entry):
        st.info(why, icon=":material/lock:")
        return
    waiting = waits("export", entry.run.folder, "device_export_waits")
    manifest = exports.exported(entry)
    if manifest is None:
        if not waiting:
            st.markdown(_EXPORT)
            if start_button("Export the student", exports.words_to_export(entry), "device_export"):
                st.rerun()
        return
    _files(entry, manifest)
    _bundle(entry)


def _files(entry: Entry, manifest: Manifest) -> None:
    st.subheader("The student", anchor=False)
    people = ", ".join(map(str, manifest.provenance.get("train_people", []))) or "the training people"
    st.markdown(
        f"{len(manifest.layout)} channels in, {len(manifest.classes)} activities out, a window of"
        f" {manifest.width / manifest.rate_hz:g} s at {manifest.rate_hz:g} Hz; trained on {plain(people)}."
    )
    folder = exports.folder_of(entry)
    for file in manifest.files:
        check, stem = exports.checked(manifest, file), Path(file.name).stem
        same = (
            f"Same answer in {check['label_agreement']:.1%} of {check['windows']} windows" if check else "Not compared"
        )
        off = f", logits off by {check['max_abs']:.1g} at most" if check else ""
        with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"device_file_{stem}"):
            st.markdown(f"**{exports.said(file)}**  \n:small[{plain(file.target)}. {same}{off}]", width="stretch")
            _button(folder / file.name, f"device_get_{stem}", f"Download, {size(file.size_bytes)}")
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="device_file_manifest"):
        st.markdown("**Manifest**  \n:small[Channels, units, rate, activities, checks, and each file's SHA-256]",
                    width="stretch")  # fmt: skip
        _button(folder / NAME, "device_get_manifest", "Download")


def _bundle(entry: Entry) -> None:
    st.subheader("A bundle to measure on a board", anchor=False)
    st.markdown(_ZIP)
    waiting = waits("device", entry.run.folder, "device_bundle_waits")
    if (path := exports.bundle(entry)) is not None:
        _button(path, "device_get_bundle", f"Device bundle, {size(path.stat().st_size)}")
    elif not waiting and start_button(
        "Make the bundle", exports.words_to_bundle(entry), "device_bundle", primary=False
    ):
        st.rerun()


def _button(path: Path, key: str, label: str) -> None:
    """The file as it lies there, byte for byte."""
    st.download_button(
        label, path.read_bytes(), file_name=path.name, mime=_FORMS[path.suffix], key=key, on_click="ignore",
        icon=":material/download:",
    )  # fmt: skip


draw()
