"""Makes the net of the lesson on attribution, `services/lessons/small_net.json`: 13 inputs, 8 hidden units.

    python assets/make_small_net.py

Each window of the simulated line becomes how strongly every sensor moves, below and above 3 Hz. To these comes an air
pressure that we made up: it knows nothing of the activity. A net of one hidden layer is fitted to all people but three;
windows of those three are shown. Beside it stand nets of the same shape that were never fitted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

from stillroom.base.paths import write_text
from stillroom.data.source import open_source
from stillroom.data.windows import WindowConfig, WindowIndex, cut
from stillroom.evaluation.metrics import scores

Floats = NDArray[np.float64]
TO = Path(__file__).parents[1] / "app/stillroom_app/services/lessons/small_net.json"
STRANGERS = ("p01", "p02", "p03")
HIDDEN, BORDER_HZ, UNTRAINED, QUIET, DIGITS = 8, 3.0, 5, 20, 6
PRESSURE_HPA, PRESSURE_SD, SEED = 1013.0, 6.0, 0
FIRST = "drive screws"  # into which the simulation puts a hum of the tool


def main() -> None:
    """Fits and keeps it."""
    inputs, names, units, index = seen()
    strangers = np.isin(index.person_names(np.arange(len(index))), STRANGERS)
    net = fitted(inputs[~strangers], index.label[~strangers])
    answers = said(net, inputs)
    told = {
        "inputs": [{"name": name, "unit": unit} for name, unit in zip(names, units, strict=True)],
        "classes": list(index.classes),
        "net": net,
        "untrained": [drawn(net, len(index.classes), number) for number in range(UNTRAINED)],
        "baselines": baselines(inputs[~strangers], net),
        "samples": samples(inputs, index, strangers & (answers == index.label)),
        "macro_f1": scores(index.label[strangers], answers[strangers], index.classes).macro_f1,
        "windows": int(strangers.sum()),
        "index_key": index.key(),
    }
    write_text(TO, written(told) + "\n")


def seen() -> tuple[Floats, list[str], list[str], WindowIndex]:
    """What the net hears of every window: `(window, input)`, names, units, and the windows."""
    line = open_source("factory")
    index = cut(line, WindowConfig(window_s=4, stride_s=2))
    bank = [recording.signal for recording in line.recordings]
    windows = np.stack([
        bank[number][:, start - index.offsets[number] :][:, : index.width]
        for number, start in zip(index.recording, index.start, strict=True)
    ]).astype(float)  # fmt: skip
    hertz = np.fft.rfftfreq(index.width, 1 / index.rate_hz)
    power = 2 * np.abs(np.fft.rfft(windows, axis=2) / index.width) ** 2
    columns, names, units = [], [], []
    for sensor in line.layout.sensors:
        own = [at for at, channel in enumerate(line.layout) if channel.sensor == sensor]
        for speed, bins in (("slow", (hertz > 0) & (hertz < BORDER_HZ)), ("fast", hertz >= BORDER_HZ)):
            columns.append(np.sqrt(power[:, own][:, :, bins].sum(axis=(1, 2))))
            names.append(f"{sensor.replace('_', ' ').replace('.', ' ')}, {speed}")
            units.append(list(line.layout)[own[0]].unit)
    columns.append(PRESSURE_HPA + PRESSURE_SD * np.random.default_rng(SEED).standard_normal(len(index)))
    return np.round(np.stack(columns, axis=1), DIGITS), [*names, "air pressure"], [*units, "hPa"], index


def fitted(inputs: Floats, label: NDArray[np.int64]) -> dict[str, Any]:
    """A net, as plain numbers."""
    mean, sd = inputs.mean(0).round(DIGITS), inputs.std(0).round(DIGITS)
    made = MLPClassifier((HIDDEN,), activation="tanh", solver="lbfgs", alpha=1.0, max_iter=4000, random_state=SEED)
    made.fit((inputs - mean) / sd, label)
    (w1, w2), (b1, b2) = made.coefs_, made.intercepts_
    return {"mean": mean, "sd": sd, **{name: values.round(DIGITS) for name, values in
            (("w1", w1.T), ("b1", b1), ("w2", w2.T), ("b2", b2))}}  # fmt: skip


def said(net: dict[str, Any], inputs: Floats) -> NDArray[np.int64]:
    """What the net answers."""
    hidden = np.tanh((inputs - net["mean"]) / net["sd"] @ np.transpose(net["w1"]) + net["b1"])
    answers: NDArray[np.int64] = (hidden @ np.transpose(net["w2"]) + net["b2"]).argmax(axis=1)
    return answers


def drawn(net: dict[str, Any], classes: int, number: int) -> dict[str, Any]:
    """Weights as they are before any fit (Glorot and Bengio 2010, uniform)."""
    draw, inputs = np.random.default_rng(100 + number), len(net["mean"])
    edges = (np.sqrt(6 / (inputs + HIDDEN)), np.sqrt(6 / (HIDDEN + classes)))
    w1, w2 = draw.uniform(-edges[0], edges[0], (HIDDEN, inputs)), draw.uniform(-edges[1], edges[1], (classes, HIDDEN))
    return {"w1": w1.round(DIGITS), "b1": np.zeros(HIDDEN), "w2": w2.round(DIGITS), "b2": np.zeros(classes)}


def baselines(inputs: Floats, net: dict[str, Any]) -> dict[str, Any]:
    """Nothing, the mean window, and the mean of those in which least moves."""
    movement = ((inputs - net["mean"]) / net["sd"])[:, :-1].sum(axis=1)
    quiet = inputs[np.argsort(movement, kind="stable")[:QUIET]].mean(0)
    return {"zero": np.zeros(inputs.shape[1]), "mean": net["mean"], "quiet": quiet.round(DIGITS)}


def samples(inputs: Floats, index: WindowIndex, right: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """A window of each activity that the net answered rightly, of one stranger after the other."""
    found = []
    for number, name in enumerate(sorted(index.classes, key=lambda one: (one != FIRST, one))):
        code = index.classes.index(name)
        own = np.flatnonzero(right & (index.label == code))
        here = own[index.person_names(own) == STRANGERS[number % len(STRANGERS)]]
        at = int((here if len(here) else own)[0])
        who = str(index.person_names(np.array([at]))[0])
        found.append({"name": f"{name}, {who}", "number": at, "label": code, "x": inputs[at]})
    return found


def written(told: dict[str, Any]) -> str:
    """JSON, an array a line."""
    import json

    def plain(value: Any) -> Any:
        return value.tolist() if isinstance(value, np.ndarray) else value

    lines = [f'"{name}": {json.dumps(value, default=plain, ensure_ascii=False)}' for name, value in told.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


if __name__ == "__main__":
    main()
