"""Power: the board's rails by tegrastats, or as the kernel's hwmon shows them, sampled in a thread while we work.

Energy of an inference = power while busy x time of an inference, with the idle power beside it. A rail that feeds the
whole module counts alone; where there is none the rails are summed, and the sum may leave something out: `rail` says
which were taken.
"""
# ruff: noqa: UP006, UP035, UP045

import re
import shutil
import subprocess
import threading
import time
from typing import Any, Dict, List, Optional, Tuple

from . import machine

Rails = Dict[str, float]

WHOLE = ("VDD_IN", "POM_5V_IN", "VIN")
_RAIL = re.compile(r"\b([A-Z][A-Z0-9_]*) (\d+)(?:mW)?/\d+(?:mW)?(?=\s|$)")
_EVERY_S = 0.1
_START_S = 5.0


class Power:
    """A sampler of rails in mW; it measures nothing where no rail can be read.

    Args:
        idle_s: how long to watch the idle board first.
    """

    def __init__(self, idle_s: float) -> None:
        self._samples: List[Tuple[float, Rails]] = []
        self._idle: Rails = {}
        self._over = threading.Event()
        self._tegrastats: Any = None
        self._thread: Any = None
        self.source = _source()
        if self.source is None:
            return
        if self.source == "tegrastats":
            words = ["tegrastats", "--interval", str(int(1000 * _EVERY_S))]
            self._tegrastats = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        begin = self._first()
        time.sleep(idle_s)
        self._idle = self._mean(begin, time.time())

    def close(self) -> None:
        """Ends the sampling."""
        self._over.set()
        if self._tegrastats is not None:
            self._tegrastats.kill()
            self._tegrastats.wait()
        if self._thread is not None:
            self._thread.join()
        if self._tegrastats is not None:
            self._tegrastats.stdout.close()

    def energy(self, begin: float, end: float, each_ms: float) -> Optional[Dict[str, Any]]:
        """Energy of an inference of `each_ms`, if inferences followed each other between two moments.

        Returns:
            None where no rail was read in that time.
        """
        busy = self._mean(begin, end)
        names = [name for name in WHOLE if name in busy][:1] or sorted(busy)
        if not names or set(names) - set(self._idle):
            return None
        idle_mw, busy_mw = (sum(rails[name] for name in names) for rails in (self._idle, busy))
        return {
            "source": self.source,
            "rail": "+".join(names),
            "idle_mw": round(idle_mw, 1),
            "busy_mw": round(busy_mw, 1),
            "mj_per_inference": busy_mw * each_ms / 1000.0,
        }

    def _first(self) -> float:
        """When the first sample came; it is not waited for longer than a start can take."""
        end = time.time() + _START_S
        while not self._samples and time.time() < end and self._thread.is_alive():
            time.sleep(_EVERY_S / 10)
        return time.time()

    def _watch(self) -> None:
        if self._tegrastats is not None:
            for line in self._tegrastats.stdout:
                self._keep(parse(line.decode("utf-8", "replace")))
        else:
            while not self._over.wait(_EVERY_S):
                self._keep(hwmon())

    def _keep(self, rails: Rails) -> None:
        if rails:
            self._samples.append((time.time(), rails))

    def _mean(self, begin: float, end: float) -> Rails:
        within = [rails for at, rails in list(self._samples) if begin <= at <= end]
        names = set.intersection(*(set(rails) for rails in within)) if within else set()
        return {name: sum(rails[name] for rails in within) / len(within) for name in names}


def parse(line: str) -> Rails:
    """The rails in a line of tegrastats, in mW: `VDD_IN 4970mW/4970mW`, in older releases `POM_5V_IN 2532/2532`."""
    return {name: float(now) for name, now in _RAIL.findall(line)}


def hwmon() -> Rails:
    """The labelled rails of the kernel's INA3221 sensors: volts x amperes."""
    rails = {}
    for label in machine.ROOT.glob("sys/class/hwmon/hwmon*/in*_label"):
        number = label.name[2:-6]
        try:
            name = label.read_text().strip()
            volts, amps = (label.with_name(kind + number + "_input").read_text() for kind in ("in", "curr"))
            rails[name] = float(volts) * float(amps) / 1000.0
        except (OSError, ValueError):
            continue
    return rails


def _source() -> Optional[str]:
    return "tegrastats" if shutil.which("tegrastats") else "hwmon" if hwmon() else None
