"""The Report page in each of its states: the file in sight, what it holds, what is assumed, how to take it along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.app.kit import opened, words
from tests.app.made import changed, run_like

from stillroom.report.assumptions import from_options
from stillroom.report.money import sentence
from stillroom_app.services import money, reporting
from stillroom_app.services import workspace as places
from stillroom_app.services.report_contents import source_of


def said(at: AppTest) -> str:
    return words(at).replace("\\", "")


def preview(at: AppTest) -> str:
    (url,) = previews(at)
    return url


def previews(at: AppTest) -> list[str]:
    sheets = [one.proto for one in at.get("bidi_component") if one.proto.component_name == "stillroom.sheet"]
    return [str(json.loads(one.json)["url"]) for one in sheets]


def links(at: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.page for link in at.get("page_link")}


def test_an_empty_workspace_shows_the_demo_s_report() -> None:
    at = opened("report")
    assert "hand over" in at.title[0].value and "demo: simulated line" in said(at)
    assert preview(at) == "/api/report/demo%3Atsak.html"
    assert "stillroom report" in said(at) and "--to stillroom-demo-tsak.html" in said(at)
    assert sentence_of("demo:tsak") in said(at) and "assumed, not measured" in said(at)
    (chart,) = at.get("plotly_chart")
    assert "as assumed" in chart.proto.alt
    assert not at.error and "Ask" not in links(at)


def sentence_of(name: str, *options: str) -> str:
    saved = money.saved(source_of(name), from_options(options))
    assert saved is not None
    return sentence(saved)


def test_what_the_address_assumes_is_what_is_told_and_asked_for() -> None:
    at = opened("report", assume="units=200,price.acc=4:3:6")
    assert sentence_of("demo:tsak", "units=200", "price.acc=4:3:6") in said(at)
    assert preview(at).endswith("?assume=units%3D200&assume=price.acc%3D4%3A3%3A6")
    assert "--assume units=200 --assume price.acc=4:3:6" in said(at)
    assert at.query_params["assume"] == "units=200,price.acc=4:3:6"


def test_one_goes_back_to_all_of_ours() -> None:
    at = opened("report", assume="units=200,currency=CHF")
    assert "CHF" in said(at)
    at.button(key="report_money_ours").click().run()
    assert sentence_of("demo:tsak") in said(at) and "assume" not in at.query_params


def test_another_currency_is_taken_and_a_wrong_one_refused() -> None:
    at = opened("report")
    at.text_input(key="report_currency").set_value("CHF").run()
    assert "CHF over 3 years" in said(at) and at.query_params["assume"] == "currency=CHF"
    at.text_input(key="report_currency").set_value("<b>").run()
    assert "a currency is" in said(at).lower() and "CHF over 3 years" in said(at)


@pytest.mark.parametrize("assume", ["units=-1", "unts=3", "price.<img src=x>=3", "years=2:3:1"])
def test_a_wrong_assumption_in_the_address_is_told_and_ours_hold(assume: str) -> None:
    at = opened("report", assume=assume)
    assert at.error and sentence_of("demo:tsak") in said(at) and preview(at) == "/api/report/demo%3Atsak.html"


def test_what_was_not_asked_has_a_door(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    (run / "cost.json").unlink()
    (run / "explain" / "privacy.json").unlink()
    at = opened("report")
    assert "yours" in said(at) and said(at).count("not asked for; the report says so") == 2
    doors = [link.proto for link in at.get("page_link") if link.proto.label == "Ask"]
    assert [door.page for door in doors] == ["device", "explain"]
    assert "run=mine" in doors[0].query_string


def test_a_damaged_run_is_told_and_no_report_is_shown(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    report = json.loads((run / "report.json").read_text())
    (run / "report.json").write_text(json.dumps(report | {"seed": "none"}))
    at = opened("report", run="mine")
    assert "damaged" in at.error[0].value and not previews(at)


def test_damaged_costs_are_told_and_no_report_is_shown(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    cost = json.loads((run / "cost.json").read_text())
    (run / "cost.json").write_text(json.dumps(cost | {"figures": [1, 2]}))
    at = opened("report", run="mine")
    assert "cost.json is damaged" in said(at).lower() and not previews(at)


def test_a_device_that_was_asked_about_can_stand_on_the_front() -> None:
    at = opened("report")
    box = at.selectbox(key="report_device")
    box.set_value("agx-xavier").run()
    assert preview(at).endswith("?device=agx-xavier") and "--device agx-xavier" in said(at)


def test_a_study_has_a_report_too() -> None:
    at = opened("report", report_of="Study")
    assert preview(at) == "/api/report/demo%3Asensors.html" and "24 rows" in said(at)
    assert sentence_of("demo:sensors") in said(at)


def test_a_run_without_a_teacher_tells_no_money(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    report = json.loads((run / "report.json").read_text())
    report["models"] = [role for role in report["models"] if role != "teacher"]
    (run / "report.json").write_text(json.dumps(report | {"teacher": None}))
    at = opened("report")
    assert "Money is told of a run whose student" in said(at) and not at.get("plotly_chart") and previews(at)


def test_the_pdf_is_made_by_a_job_and_then_there_to_take(
    workspace: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_like("tsak", workspace / "mine")
    monkeypatch.setattr(reporting, "browser", lambda: "/usr/bin/chromium")
    at = opened("report", run="mine")
    at.button(key="report_pdf_make").click().run()
    of = reporting.asked("mine")
    assert started == [reporting.words_for_pdf(of)]
    reporting.pdf_of(of).parent.mkdir(parents=True)
    reporting.pdf_of(of).write_bytes(b"%PDF-1.7")
    at = opened("report", run="mine")
    assert [one.proto.label for one in at.get("download_button")] == ["Download", "Download PDF"]


def test_without_a_browser_it_says_how_to_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "browser", lambda: "")
    at = opened("report")
    assert "print it" in said(at) and "report_pdf_make" not in [one.key for one in at.button]


def test_the_formula_stands_behind_the_teach_switch() -> None:
    assert not opened("report").get("latex")
    at = opened("report", teach="true")
    assert len(at.get("latex")) == 1 and r"\sum p" in words(at)


def test_nothing_to_report_has_a_door(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "DEMO", tmp_path / "none")
    at = opened("report")
    assert links(at) == {"Distil a student": "distil"} and not previews(at)


def test_a_hostile_name_is_text(workspace: Path) -> None:
    name = "<img src=x onerror=alert(1)>*b*"
    run_like("tsak", workspace / name)
    at: Any = opened("report")
    assert "%3Cimg" in preview(at) and not any(one.allow_html for one in at.markdown)
    assert "<img" not in said(at).replace(
        reporting.words(reporting.asked("<img src=x onerror=alert(1)>*b*"), "x")[1], ""
    )


def test_runs_compare_and_sensors_lead_here(workspace: Path) -> None:
    run = run_like("tsak", workspace / "mine")
    best = json.loads((run / "report.json").read_text())["student"] | {"macro_f1": 0.99}
    changed(run, student=best)
    for page, query, to in (
        ("runs", {"shown": "mine"}, "run=mine"),
        ("compare", {"runs": "mine"}, "run=mine"),
        ("sensors", {"sensors_tab": "Estimate and truth"}, "study=demo%3Asensors"),
    ):
        found = [link.proto for link in opened(page, **query).get("page_link") if link.proto.label == "Report"]
        assert found and found[0].page == "report" and to in found[0].query_string, page
