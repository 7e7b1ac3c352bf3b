"""A small made-up data set: people who move one wrist at a few tempos; quick to train on, and every sample known."""

from collections.abc import Callable

import numpy as np
import pytest

from stillroom.base.config import fingerprint
from stillroom.data.card import Card
from stillroom.data.dataset import Dataset, as_dataset
from stillroom.data.recording import Recording, Span
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

RATE_HZ = 20.0
CLASSES = ("slow", "brisk", "still")
TEMPO_HZ = {"slow": 0.8, "brisk": 3.0, "still": 0.0}
SITES = ("right_wrist", "left_wrist")


def _recording(person: int, session: int, seconds: float, rounds: int, poison: float | None) -> Recording:
    draw = np.random.default_rng([person, session])
    times = np.arange(int(seconds * 3 * rounds * RATE_HZ)) / RATE_HZ
    layout = Layout(
        channels=tuple(c for site in SITES for kind in ("acc", "gyro") for c in sensor_channels(site, kind, RATE_HZ))
    )
    signal = 0.3 * draw.standard_normal((len(layout), len(times)))
    signal[2::3] += 9.8 * (1 + 0.02 * person)
    for part, name in enumerate(CLASSES * rounds):
        here = slice(int(part * seconds * RATE_HZ), int((part + 1) * seconds * RATE_HZ))
        wave = np.sin(2 * np.pi * TEMPO_HZ[name] * (1 + 0.05 * person) * times[here] + draw.uniform(0, 6))
        signal[0:2, here] += 2.0 * wave
        signal[6, here] += 3.0 * wave
    if poison is not None:
        signal[:] = poison
    return Recording(
        person=f"p{person}",
        session=str(session),
        layout=layout,
        rate_hz=RATE_HZ,
        signal=signal.astype(np.float32),
        segments=np.array([[0, len(times)]]),
        tracks={
            "activity": tuple(Span(i * seconds, (i + 1) * seconds, name) for i, name in enumerate(CLASSES * rounds))
        },
    )


@pytest.fixture(scope="session")
def make_dataset() -> Callable[..., Dataset]:
    """Builds the set: `people`, `sessions`, seconds of each class, rounds of them, and poisoned people."""

    def make(
        people: int = 4,
        sessions: int = 1,
        seconds: float = 20.0,
        rounds: int = 1,
        poison: dict[str, float] | None = None,
    ) -> Dataset:
        card = Card(
            name="made", title="Made up", licence="none", simulated=True, rate_hz=RATE_HZ, window_s=2.0, stride_s=1.0,
            classes=CLASSES,
        )  # fmt: skip
        recordings = [
            _recording(person, session, seconds, rounds, (poison or {}).get(f"p{person}"))
            for person in range(1, people + 1)
            for session in range(1, sessions + 1)
        ]
        return as_dataset(card, recordings, fingerprint([people, sessions, seconds, rounds]))

    return make
