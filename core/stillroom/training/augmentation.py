"""Joint augmentation from a fixed set of seeded views.

Window `i` in view `k` is always disturbed in the same way: what is drawn depends on the seed, the view, and the
name of the unit or sensor alone. So teacher and student, whatever channels they see, see the same disturbance, and
a teacher's answer to a view can be computed once. View 0 is the window as recorded.

Rotation turns every triad of a unit by the same rotation, as a unit strapped on differently would be; an
orientation quaternion `q` becomes `q r*`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int, Int32
from numpy.typing import NDArray
from pydantic import Field
from scipy.spatial.transform import Rotation
from torch import Tensor

from stillroom.base.config import Config
from stillroom.base.seeding import generator
from stillroom.sensors.catalogue import kind_of
from stillroom.sensors.channel import Channel
from stillroom.sensors.layout import Layout

_NOISE = 1 << 18
_Draw = Callable[[np.random.Generator], NDArray[np.float64]]


class AugmentationConfig(Config):
    """How windows are disturbed in training.

    Attributes:
        views: how many views a window has, the recorded one among them; 1 is no augmentation.
        rotation_deg: a unit is turned about a random axis by at most this angle.
        scale: spread of a sensor's gain, in log units.
        jitter: white noise, as a share of the channel's spread over training windows.
        warp: largest relative change of tempo within a window.
        drop: chance that a sensor is silent (its training mean) throughout a window.
    """

    views: int = Field(default=8, ge=1)
    rotation_deg: float = Field(default=0.0, ge=0, le=180)
    scale: float = Field(default=0.0, ge=0, le=1)
    jitter: float = Field(default=0.0, ge=0)
    warp: float = Field(default=0.0, ge=0, lt=1)
    drop: float = Field(default=0.0, ge=0, lt=1)


@dataclass(frozen=True)
class _Draws:
    """What one view does to every window; arrays run over windows first."""

    rotation: Float[Tensor, "window triad 3 3"] | None
    conjugate: Float[Tensor, "window quaternion 4"] | None
    gain: Float[Tensor, "window channel"] | None
    warp: Float[Tensor, "window 2"] | None
    noise_at: Int32[Tensor, "window channel"] | None
    silent: Bool[Tensor, "window channel"] | None


class Augmentation:
    """Seeded views of the windows of one layout.

    Args:
        config: how to disturb.
        layout: the channels of the windows that will be given.
        windows: how many windows the index has.
        seed: of the draws.
        mean: `(channel,)` the training mean, for silent sensors.
        sd: `(channel,)` the training spread, for the jitter.
        device: where batches lie.
    """

    def __init__(
        self,
        config: AugmentationConfig,
        layout: Layout,
        windows: int,
        seed: int,
        mean: Float32[NDArray[np.float32], " channel"],
        sd: Float32[NDArray[np.float32], " channel"],
        device: torch.device | None = None,
    ) -> None:
        self.config, self.layout, self.windows, self.seed = config, layout, windows, seed
        self.device = device or torch.device("cpu")
        self.mean = torch.from_numpy(mean)[:, None].to(self.device)
        self.sd = torch.from_numpy(sd)[:, None].to(self.device).clone()
        self.triads = _groups(layout, "vector", 3)
        self.quaternions = _groups(layout, "quaternion", 4)
        still = torch.tensor([channel.geometry == "quaternion" for channel in layout], device=self.device)
        self.sd[still] = 0.0  # noise and gain would leave no orientation
        self._gainless = still
        self._draws: dict[int, _Draws] = {}
        noise = generator(seed, "noise").standard_normal(_NOISE, dtype=np.float32)
        self._noise = torch.from_numpy(noise).to(self.device)

    def __call__(
        self, x: Float[Tensor, "batch channel time"], ids: Int[Tensor, " batch"], view: int
    ) -> Float[Tensor, "batch channel time"]:
        """Disturbs windows.

        Args:
            x: `(batch, channel, time)` in physical units; not changed in place.
            ids: `(batch,)` the windows' ids.
            view: which view; 0 gives `x` back.
        """
        if view == 0:
            return x
        if view not in self._draws:
            self._draws = {view: self._draw(view)}  # an epoch sees one view; another's draws are made again
        draws = self._draws[view]
        if draws.rotation is not None:
            x = self._turn(x, draws, ids)
        if draws.warp is not None:
            x = _warp(x, draws.warp[ids])
        if draws.gain is not None:
            x = x * draws.gain[ids][:, :, None]
        if draws.noise_at is not None:
            noise = self._noise.unfold(0, x.shape[2], 1)[draws.noise_at[ids].long()]
            x = x + self.config.jitter * self.sd * noise
        if draws.silent is not None:
            x = torch.where(draws.silent[ids][:, :, None], self.mean, x)
        return x

    def _draw(self, view: int) -> _Draws:
        config, n = self.config, self.windows
        rotation = conjugate = None
        if config.rotation_deg and (self.triads or self.quaternions):
            turns = {site: self._turns(site, view) for site in self.layout.sites}
            rotation = self._stack([turns[site].as_matrix() for site, _ in self.triads])
            conjugate = self._stack([turns[site].inv().as_quat(scalar_first=True) for site, _ in self.quaternions])
        gain = warp = noise_at = silent = None
        if config.scale:
            gain = self._per_sensor(lambda g: np.exp(config.scale * g.standard_normal(n)), "gain", view)
            gain[:, self._gainless] = 1.0
        if config.drop:
            silent = self._per_sensor(lambda g: g.random(n), "drop", view) < config.drop
        if config.warp:
            draws = generator(self.seed, "warp", view).uniform(-config.warp, config.warp, (n, 2))
            warp = self._tensor(draws / np.array([2.0, 4.0]))  # so that both together stay within `warp`
        if config.jitter:
            draws_of = [generator(self.seed, "jitter", channel.name, view) for channel in self.layout]
            offsets = [draw.integers(0, _NOISE // 2, n, dtype=np.int32) for draw in draws_of]
            noise_at = torch.from_numpy(np.stack(offsets, axis=1)).to(self.device)
        return _Draws(rotation, conjugate, gain, warp, noise_at, silent)

    def _turns(self, site: str, view: int) -> Rotation:
        draw = generator(self.seed, "rotation", site, view)
        axis = draw.standard_normal((self.windows, 3))
        angle = np.deg2rad(self.config.rotation_deg) * draw.uniform(-1, 1, self.windows)
        return Rotation.from_rotvec(axis / np.linalg.norm(axis, axis=1, keepdims=True) * angle[:, None])

    def _turn(
        self, x: Float[Tensor, "batch channel time"], draws: _Draws, ids: Int[Tensor, " batch"]
    ) -> Float[Tensor, "batch channel time"]:
        x = x.clone()
        if self.triads and draws.rotation is not None:
            rows = self._rows(self.triads)
            parts = x[:, rows].reshape(len(x), -1, 3, x.shape[2])
            x[:, rows] = (draws.rotation[ids] @ parts).flatten(1, 2)
        if self.quaternions and draws.conjugate is not None:
            rows = self._rows(self.quaternions)
            parts = x[:, rows].reshape(len(x), -1, 4, x.shape[2])
            x[:, rows] = hamilton(parts, draws.conjugate[ids]).flatten(1, 2)
        return x

    def _rows(self, groups: list[tuple[str, list[int]]]) -> Tensor:
        return torch.tensor([row for _, rows in groups for row in rows], device=self.device)

    def _per_sensor(self, draw: _Draw, what: str, view: int) -> Tensor:
        columns = {s: draw(generator(self.seed, what, s, view)) for s in self.layout.sensors}
        return self._tensor(np.stack([columns[channel.sensor] for channel in self.layout], axis=1))

    def _stack(self, parts: list[NDArray[np.float64]]) -> Tensor | None:
        return self._tensor(np.stack(parts, axis=1)) if parts else None

    def _tensor(self, values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(self.device)


def hamilton(q: Float[Tensor, "*batch 4 time"], r: Float[Tensor, "*batch 4"]) -> Float[Tensor, "*batch 4 time"]:
    """The product of quaternions `q` `(..., 4, time)` and `r` `(..., 4)`, scalar first."""
    w, x, y, z = q.unbind(dim=-2)
    a, b, c, d = (part[..., None] for part in r.unbind(dim=-1))
    return torch.stack(
        [
            w * a - x * b - y * c - z * d,
            w * b + x * a + y * d - z * c,
            w * c - x * d + y * a + z * b,
            w * d + x * c - y * b + z * a,
        ],
        dim=-2,
    )


def _warp(
    x: Float[Tensor, "batch channel time"], bend: Float[Tensor, "batch 2"]
) -> Float[Tensor, "batch channel time"]:
    """Resamples time along a smooth curve whose ends stay; `bend` is `(batch, 2)` relative tempo."""
    last = x.shape[2] - 1
    phase = torch.linspace(0, torch.pi, last + 1, device=x.device)
    shift = bend[:, :1] * torch.sin(phase) + bend[:, 1:] * torch.sin(2 * phase)
    place = (torch.arange(last + 1, device=x.device) + shift * last / torch.pi).clamp(0, last)
    low = place.floor().clamp(max=max(last - 1, 0)).long()
    share = (place - low)[:, None]
    low = low[:, None].expand_as(x)
    return x.gather(2, low) * (1 - share) + x.gather(2, (low + 1).clamp(max=last)) * share


def _groups(layout: Layout, geometry: str, size: int) -> list[tuple[str, list[int]]]:
    """`(site, rows)` of every complete group of axes that turns with its unit, rows in the kind's order of axes."""
    rows: dict[str, dict[str, int]] = {}
    first: dict[str, Channel] = {}
    for row, channel in enumerate(layout):
        if channel.geometry == geometry:
            rows.setdefault(channel.sensor, {})[channel.axis] = row
            first.setdefault(channel.sensor, channel)
    complete = [sensor for sensor, found in rows.items() if len(found) == size]
    axes = {sensor: kind_of(first[sensor].kind).axes for sensor in complete}
    return [(first[s].site, [rows[s][axis] for axis in axes[s]]) for s in complete if set(rows[s]) == set(axes[s])]
