"""Reopening a run: what was trained on a GPU is asked on the CPU where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stillroom.base.paths import read_json, write_json
from stillroom.recipes.reopen import reopen
from stillroom.runs.store import begin_run


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_run_of_a_gpu_is_opened_where_there_is_none(experiment, tmp_path: Path) -> None:
    made = experiment()
    run = begin_run(tmp_path / "run", made.asked(), resume=False)
    facts = read_json(run.folder / "run.json")
    facts["asked"]["device"] = "cuda"
    write_json(run.folder / "run.json", facts)
    assert reopen(run, dataset=made.dataset).device == torch.device("cpu")
