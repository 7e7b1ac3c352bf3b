"""Methods compared: which combinations, which data sets, in which order, and what is written in the end."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stillroom.base.errors import InputError
from stillroom.data.dataset import Dataset
from stillroom.recipes.strategies import FIELD, PLAIN, SMOOTH
from stillroom.studies import ablation
from stillroom.studies.methods import METHODS, RECIPES, Task, cells_of, finish_tasks, plan_task, tasks_of
from stillroom.studies.plan import Plan
from stillroom.studies.table import build_rows

from .test_table import PEOPLE, plan, report

Planned = Callable[..., Plan]
VIEW = "right_wrist.acc.*"


@pytest.fixture
def planned(make_dataset: Callable[..., Dataset], monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plan of a study on the made-up set."""
    monkeypatch.setattr(ablation, "open_source", lambda *_, **__: make_dataset(seconds=12.0))

    def of(*methods: str, seeds: int = 1, **options: Any) -> Plan:
        return plan_task(Task("made", VIEW, options), methods, seeds)

    return of


def test_every_method_is_a_strategy_of_the_field_or_a_recipe_and_stands_once() -> None:
    assert (PLAIN, SMOOTH, *FIELD, "smldist", "smldist_joint") == METHODS and len(set(METHODS)) == len(METHODS)
    for cell in cells_of(METHODS):
        recipe = {"recipe": cell.name} if cell.name in RECIPES else {"recipe": "field", "strategy": cell.name}
        assert cell.settings == recipe


@pytest.mark.parametrize(
    ("methods", "names"),
    [
        (("dkd", "smldist"), ("plain", "dkd", "smldist")),
        (("dkd", "plain", "vid"), ("plain", "dkd", "vid")),
        (("plain",), ("plain",)),
        ((), ("plain",)),
    ],
)
def test_the_plain_student_stands_first_whether_it_is_named_or_not(
    methods: tuple[str, ...], names: tuple[str, ...]
) -> None:
    assert tuple(cell.name for cell in cells_of(methods)) == names


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        (("dkd", "fitnet"), "no method 'fitnet'.*--methods.*Did you mean fitnets"),
        (("sc_logit",), "no method 'sc_logit'"),
        (("field",), "no method 'field'"),
        (("",), "no method ''"),
        (("dkd", "vid", "dkd"), "dkd is named twice"),
        (("plain", "dkd", "plain"), "plain is named twice"),
    ],
)
def test_an_unknown_method_or_one_twice_is_refused(methods: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        cells_of(methods)


def test_what_is_given_once_holds_for_all_and_what_is_given_for_each_in_its_order() -> None:
    each = {"protocol": ["persons:3"], "stride_s": [1.0, 2.0]}
    one, two = tasks_of(["factory", "dsads:/x"], ["a.*"], each, {"fast": True})
    assert (one.name, one.data, one.student_view) == ("factory", "factory", "a.*")
    assert one.options == {"protocol": "persons:3", "stride_s": 1.0, "fast": True}
    assert (two.name, two.student_view) == ("dsads", "a.*")
    assert two.options == {"protocol": "persons:3", "stride_s": 2.0, "fast": True}
    views = tasks_of(["factory", "dsads:/x"], ["a.*", "b.*"], {"stride_s": []}, {})
    assert [(task.student_view, task.options) for task in views] == [("a.*", {}), ("b.*", {})]


@pytest.mark.parametrize(
    ("views", "each", "said"),
    [
        (["a", "b"], {}, "--student-view is given 2 times for 3 data sets"),
        (["a"] * 4, {}, "--student-view is given 4 times for 3 data sets"),
        ([], {}, "--student-view is given 0 times for 3 data sets"),
        (["a"], {"stride_s": [1.0, 2.0]}, "--stride-s is given 2 times for 3 data sets"),
    ],
)
def test_as_many_as_neither_is_refused(views: list[str], each: dict[str, list[float]], said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        tasks_of(["factory", "dsads:/x", "hapt:/y"], views, each, {})
    assert "once for all, or once for each --data" in str(refused.value.mend)


def test_two_data_sets_of_one_name_are_refused() -> None:
    for twice in (["dsads:/x", "dsads:/y"], ["/a/mine", "/b/mine"], ["factory", "factory"]):
        with pytest.raises(InputError, match=f"two data sets are called {tasks_of(twice[:1], ['a'], {}, {})[0].name}"):
            tasks_of(twice, ["a"], {}, {})


def test_a_folder_s_name_never_leads_out_of_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "mine" / "deeper")
    sources = {"..": "mine", ".": "deeper", "../": "mine", "../deeper/": "deeper", "/a/set.zip": "set.zip"}
    assert {source: Task(source, "a", {}).name for source in sources} == sources


def test_all_methods_of_a_seed_come_before_any_of_the_next(planned: Planned) -> None:
    made = planned("dkd", "smldist", seeds=3)
    assert [run.id for run in made.runs] == [f"0{cell}-s{seed}" for seed in range(3) for cell in (1, 2, 3)]
    assert len({run.key for run in made.runs}) == 9 and made.kind == "methods"
    assert [cell.name for cell in made.cells] == ["plain", "dkd", "smldist"]


def test_each_run_is_a_distil_of_its_own_recipe_and_strategy(planned: Planned) -> None:
    made = planned("dkd", "smldist")
    told = {made.cells[run.cell].name: run.words for run in made.runs}
    assert [words[:2] for words in told.values()] == [("distil", "field"), ("distil", "field"), ("distil", "smldist")]
    assert "strategy=plain" in told["plain"] and "strategy=dkd" in told["dkd"]
    assert not any("strategy" in word for word in told["smldist"])
    assert all("cache.mode=on" in words for words in told.values())


def test_the_command_that_is_kept_asks_for_the_same_plan(planned: Planned) -> None:
    from typer.testing import CliRunner

    import stillroom.studies.methods as methods
    from stillroom.cli.study import app

    sets = ["student.training.epochs=2", "augmentation.views=2"]
    options = {"protocol": "persons:2", "fast": True, "window_s": 2.0, "change": sets}
    made = planned("dkd", seeds=2, **options)
    words = shlex.split(made.command)
    assert words[:3] == ["stillroom", "study", "methods"]
    assert [words[n + 1] for n, word in enumerate(words) if word == "--set"] == sets
    heard: list[Plan] = []

    def planning(task: Task, names: list[str], seeds: int, emit: object) -> Plan:
        heard.append(plan_task(task, names, seeds))
        raise InputError("heard")

    patch = pytest.MonkeyPatch()
    patch.setattr(methods, "plan_task", planning)
    try:
        CliRunner().invoke(app, [*words[2:], "--out", "nowhere"])
    finally:
        patch.undo()
    assert heard and heard[0].command == made.command and heard[0].runs == made.runs and heard[0].asked == made.asked


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": 3}, "a study sets --seed itself"),
        ({"resume": True}, "a study sets --resume itself"),
        ({"change": ["cache.mode=auto"]}, "whether the cache pays is timed"),
        ({"change": ["strategy=dkd"]}, "the methods are what is varied"),
        ({"change": ["student.training.epoch=3"]}, "no setting 'epoch'"),
        ({"protocol": "nobody"}, "nobody"),
        ({"change": ["cross_fit=2"]}, "compares windows with one another"),
    ],
)
def test_what_could_not_run_is_refused_when_it_is_planned(planned: Planned, options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        planned("similarity", **options)


def finished(runs: dict[str, float], done: int = 3) -> Callable[[Plan, Path], dict[str, Any]]:
    """Finishes a study in no time: every person's score by cell."""

    def finish(made: Plan, folder: Path) -> dict[str, Any]:
        scores = {run.id: report((runs[made.cells[run.cell].name],) * len(PEOPLE)) for run in made.runs[:done]}
        rows = build_rows(made, scores)
        state = [{"run": run.id, "state": "done" if run.id in scores else "missing"} for run in made.runs]
        return {"table": rows, "plan": state, "planned": len(made.runs), "done": len(scores), "front": [],
                "sentence": f"of {folder.name}", "caveats": [f"a caveat of {folder.name}"]}  # fmt: skip

    return finish


def named(*names: str) -> Plan:
    made = plan(cells=len(names), seeds=1)
    cells = [cell.changed(name=name).model_dump() for cell, name in zip(made.cells, names, strict=True)]
    return made.changed(cells=cells)


def test_in_the_end_text_and_numbers_of_all_data_sets_are_written(tmp_path: Path) -> None:
    plans = {"one": named("plain", "dkd", "vid"), "two": named("plain", "dkd", "vid")}
    told = finish_tasks(tmp_path, plans, finished({"plain": 0.5, "dkd": 0.7, "vid": 0.6}))
    kept = json.loads((tmp_path / "methods.json").read_text())
    assert kept == {name: json.loads(json.dumps(told[name])) for name in ("sentence", "friedman_p", "ranks")}
    assert [entry["method"] for entry in kept["ranks"]] == ["dkd", "vid", "plain"]
    assert (told["kind"], told["planned"], told["done"]) == ("methods", 6, 6)
    assert {run["data"] for run in told["plan"]} == {row["data"] for row in told["table"]} == {"one", "two"}
    text = (tmp_path / "methods.md").read_text()
    assert told["sentence"] in text and str(tmp_path) not in text
    assert all(part in text for part in ("| dkd | 1.0 |", "`one/table.md`; of one", "- two: a caveat of two"))


def test_runs_that_are_not_there_are_said(tmp_path: Path) -> None:
    told = finish_tasks(tmp_path, {"one": named("plain", "dkd", "vid")}, finished({"plain": 0.5, "dkd": 0.7}, done=2))
    assert "1 of 3 runs are not there." in told["sentence"]
    assert [entry["method"] for entry in told["ranks"]] == ["dkd", "plain"]
    assert "1 of 3 runs are not there." in (tmp_path / "methods.md").read_text()


def test_a_study_that_is_stopped_writes_nothing_of_all(tmp_path: Path) -> None:
    def stopped(made: Plan, folder: Path) -> dict[str, Any]:
        raise InputError("stopped")

    with pytest.raises(InputError):
        finish_tasks(tmp_path, {"one": named("plain", "dkd")}, stopped)
    assert list(tmp_path.iterdir()) == []
