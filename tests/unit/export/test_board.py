"""What runs on a board, where its parts can be tried without one: percentiles, rails, versions, facts."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from stillroom.export.board.bench import machine, power, tensorrt
from stillroom.export.board.bench.rows import NotMeasuredError, figures, parity, pick

ORIN = (
    "RAM 5137/62801MB (lfb 4x4MB) SWAP 0/31400MB CPU [0%@729,off] EMC_FREQ 0% GR3D_FREQ 0% cpu@52.0C "
    "VDD_GPU_SOC 2400mW/2390mW VDD_CPU_CV 400mW/400mW VIN_SYS_5V0 3000mW/3000mW"
)
NANO = (
    "RAM 1500/3964MB (lfb 100x4MB) IRAM 0/252kB(lfb 252kB) CPU [10%@102] PLL@30C "
    "POM_5V_IN 2532/2500 POM_5V_GPU 40/40 POM_5V_CPU 450/440"
)


def test_percentiles_are_those_of_the_calls() -> None:
    found = figures([float(number) for number in range(1, 102)])
    assert (found["n"], found["min_ms"], found["p50_ms"], found["p90_ms"], found["p99_ms"]) == (101, 1, 51, 91, 100)


def test_too_few_calls_give_no_percentiles() -> None:
    with pytest.raises(NotMeasuredError, match="only 3 calls"):
        figures([1.0, 2.0, 3.0])


def test_parity_counts_labels_and_the_largest_difference() -> None:
    expected = np.array([[0.0, 1.0], [2.0, 1.0], [0.0, 3.0], [0.0, 1.0]])
    found = parity(expected + np.array([[0, 0], [0, 1.5], [0, 0], [0, 0.25]]), expected, "here")
    assert found == {"max_abs": 1.5, "label_agreement": 0.75, "windows": 4, "runtime": "here"}


@pytest.mark.parametrize("found", [np.zeros((2, 3)), np.array([[np.nan, 0.0], [0.0, 0.0]])])
def test_answers_of_another_shape_or_not_finite_are_no_measurement(found: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(NotMeasuredError):
        parity(found, np.zeros((2, 2)), "here")


def test_the_model_that_every_runtime_reads_is_picked() -> None:
    models = [{"precision": name, "opset": opset} for name, opset in (("fp32", 18), ("fp32", 17), ("fp16", 18))]
    assert [model["opset"] for model in pick(models, "fp32")] == [17]
    assert [model["opset"] for model in pick(models, "fp16")] == [18] and pick(models, "int8-s8") == []


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v8201] # trtexec --help", "8.2.1"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # trtexec --help", "8.5.2"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v100300] [b17] # trtexec --help", "10.3.0"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v101600] [b72] # trtexec --help", "10.16.0"),
        ("&&&& RUNNING TensorRT.trtexec [TensorRT v11.1.0.106] [b48] # trtexec", "11.1.0.106"),
        ("trtexec: not what it was", None),
    ],
)
def test_the_version_is_read_from_the_first_line(banner: str, version: str | None) -> None:
    assert tensorrt.version_in(banner) == version


def test_rails_are_read_from_tegrastats_and_memory_is_none() -> None:
    assert power.parse(ORIN) == {"VDD_GPU_SOC": 2400, "VDD_CPU_CV": 400, "VIN_SYS_5V0": 3000}
    assert power.parse(NANO) == {"POM_5V_IN": 2532, "POM_5V_GPU": 40, "POM_5V_CPU": 450}


def put_tegrastats(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that says again and again what stands in a file; gives that file."""
    script, says = folder / "tegrastats", folder / "says"
    loop = f"while True:\n  print(open({str(says)!r}).read(), flush=True)\n  time.sleep(0.02)\n"
    script.write_text(f"#!{sys.executable} -SE\nimport time\n{loop}")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return says


@pytest.mark.skipif(sys.platform == "win32", reason="a script with a first line")
def test_energy_is_the_power_while_busy_times_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = put_tegrastats(tmp_path, monkeypatch)
    says.write_text("VDD_IN 3000mW/3000mW VDD_SOC 900mW/900mW")
    meter = power.Power(0.15)
    try:
        (tmp_path / "next").write_text("VDD_IN 5000mW/4000mW VDD_SOC 1mW/1mW")
        (tmp_path / "next").replace(says)
        time.sleep(0.3)
        begin = time.time()
        time.sleep(0.3)
        found = meter.energy(begin, time.time(), each_ms=2.0)
    finally:
        meter.close()
    assert found == {
        "source": "tegrastats", "rail": "VDD_IN", "idle_mw": 3000.0, "busy_mw": 5000.0, "mj_per_inference": 10.0,
    }  # fmt: skip
    assert meter.energy(begin + 100, begin + 101, 2.0) is None


def test_hwmon_rails_are_volts_times_amperes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = tmp_path / "sys/class/hwmon/hwmon3"
    sensor.mkdir(parents=True)
    for name, text in {
        "in1_label": "VDD_IN\n", "in1_input": "5000\n", "curr1_input": "800\n",
        "in7_label": "sum of shunt voltages\n", "in7_input": "3\n",
    }.items():  # fmt: skip
        (sensor / name).write_text(text)
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    assert power.hwmon() == {"VDD_IN": 4000.0}


def test_without_rails_there_is_no_energy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    meter = power.Power(5.0)  # and nothing is waited for
    assert meter.source is None and meter.energy(0.0, 1.0, 1.0) is None
    meter.close()


def test_a_jetson_s_facts_are_found_and_elsewhere_they_are_null(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    monkeypatch.setattr(machine, "said", lambda *_: None)
    facts = machine.describe()
    assert [facts[name] for name in ("model", "l4t", "power_mode", "clocks", "clocks_locked")] == [None] * 5
    assert facts["cpu"] and facts["cores"] >= 1
    for name, text in {
        "proc/device-tree/model": "NVIDIA Jetson AGX Xavier Developer Kit\0",
        "etc/nv_tegra_release": "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64",
        "proc/cpuinfo": "processor\t: 0\nmodel name\t: ARMv8 Processor rev 0 (v8l)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    replies = {
        "nvpmodel": "NV Power Mode: MODE_30W_ALL\n3",
        "jetson_clocks": "cpu0: MinFreq=1 MaxFreq=2\nGPU MinFreq=114750000 MaxFreq=1377000000 CurrentFreq=1\n",
    }
    monkeypatch.setattr(machine, "said", lambda *words: replies.get(words[0]))
    facts = machine.describe()
    assert facts["model"] == "NVIDIA Jetson AGX Xavier Developer Kit" and facts["l4t"] == "R35.4.1"
    assert facts["power_mode"] == "MODE_30W_ALL" and facts["clocks_locked"] is False
    assert facts["cpu"] == "ARMv8 Processor rev 0 (v8l)"
    assert machine.locked("GPU MinFreq=1377000000 MaxFreq=1377000000 CurrentFreq=1") is True
