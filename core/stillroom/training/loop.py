"""The one training loop: any phase, with or without a teacher.

Each step asks the student's view for a batch, the targets for the teacher's answer to the same windows in the same
seeded view, sums the named terms, and steps. After each epoch the validation people are scored; the best epoch is
kept, or the last one of a phase that learns no classes. Order, dropout and views depend on the seed and the step alone,
so a training that was killed and resumed ends bit for bit where an uninterrupted one does (on the same CPU, with the
same number of threads).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from stillroom.base.config import Config
from stillroom.base.errors import InputError, StillroomError, StoppedError
from stillroom.base.events import Emit, Event
from stillroom.base.registry import did_you_mean
from stillroom.base.seeding import derived_seed, generator
from stillroom.losses.term import Evidence, Shapes, Term, weighted_sum
from stillroom.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from stillroom.training.scoring import Scored, macro_f1_by_unit, probabilities
from stillroom.training.taps import Taps, network_of
from stillroom.training.targets import Targets
from stillroom.training.views import Ids, Inputs

Taught = Mapping[str, Sequence[Tensor]]


class TrainingConfig(Config):
    """How a phase is trained.

    Attributes:
        epochs: at most.
        least_steps: few windows make few steps: there are as many epochs more as it takes to make so many, and the
            patience grows with them.
        patience: epochs without a better validation score before it ends.
        keep: the epoch with the best validation score, or the last one, for a phase that learns no classes.
        batch: windows in a step; up to a quarter more in the last one of an epoch, so that no window is left alone.
        lr: AdamW's highest rate; warmed up over the first epoch, then a cosine to zero over `epochs`.
        weight_decay: AdamW's.
        clip: largest norm of the gradient.
        checkpoint_s: seconds between checkpoints.
    """

    epochs: int = Field(default=40, ge=1)
    least_steps: int = Field(default=0, ge=0)
    keep: Literal["best", "last"] = "best"
    patience: int = Field(default=10, ge=1)
    batch: int = Field(default=64, ge=4)
    lr: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    clip: float = Field(default=5.0, gt=0)
    checkpoint_s: float = Field(default=10.0, ge=0)

    def lengthened(self, steps_per_epoch: int) -> TrainingConfig:
        """The same with epochs and patience for `least_steps`."""
        epochs = max(self.epochs, math.ceil(self.least_steps / steps_per_epoch))
        return self.changed(epochs=epochs, patience=math.ceil(self.patience * epochs / self.epochs))


@dataclass(frozen=True)
class Job:
    """What is trained on what.

    Attributes:
        name: of the phase, for events.
        view: what the model sees.
        label: `(window,)` class of every window of the index.
        train: ids that train.
        validation: what is scored after each epoch.
        terms: named losses.
        targets: the teachers' answers; None without a teacher.
        seed: of everything drawn.
        key: fingerprint of data and settings; a checkpoint of another key is refused.
        taps: dotted paths of the network's modules whose outputs the terms look at, by name.
        frozen: dotted paths of parts of the network that do not learn.
        frozen_share: for which share of the epochs, from the first one.
    """

    name: str
    view: Inputs
    label: NDArray[np.int64]
    train: Ids
    validation: Scored
    terms: Mapping[str, Term]
    targets: Targets | None
    seed: int
    key: str
    taps: Mapping[str, str] = field(default_factory=dict)
    frozen: Sequence[str] = ()
    frozen_share: float = 1.0


def train(
    model: nn.Module,
    job: Job,
    config: TrainingConfig,
    *,
    checkpoint: Path,
    emit: Emit,
    stop: Callable[[], bool],
) -> list[dict[str, Any]]:
    """Trains a model in place; it ends in eval mode with its best epoch's weights.

    Args:
        model: what is trained.
        job: on what.
        config: how.
        checkpoint: the file to go on from, if it is there, and to write.
        emit: hears every epoch.
        stop: asked before each step.

    Returns:
        One entry an epoch: losses by term, validation score, seconds.

    Raises:
        StoppedError: stopped on request; a checkpoint holds the step.
        StillroomError: the loss is no longer finite.
    """
    run = Training(model, job, config, checkpoint)
    while not run.ended():
        begin = time.monotonic()
        run.steps_of_epoch(stop)
        run.close_epoch(emit, time.monotonic() - begin)
    run.finish()
    best = f"macro-F1 {run.progress['best']:.3f} on validation at epoch {run.progress['best_epoch'] + 1}"
    emit(Event("phase.trained", f"{job.name}: {best}", {"phase": job.name}))
    return run.progress["history"]


class Training:
    """A training under way; it goes on from its checkpoint where there is one."""

    def __init__(self, model: nn.Module, job: Job, config: TrainingConfig, checkpoint: Path) -> None:
        self.model, self.job, self.path = model, job, checkpoint
        self.steps = max(1, math.ceil((len(job.train) - config.batch // 4) / config.batch))
        self.config = config.lengthened(self.steps)
        self.helpers = _helpers(model, job)
        self.trained = [p for part in (model, self.helpers) for p in part.parameters() if p.requires_grad]
        self.resting = parameters_below(model, job.frozen)
        self.optimiser = torch.optim.AdamW(self.trained, lr=config.lr, weight_decay=config.weight_decay)
        self.given = {name: self.helpers[name] for name in self.helpers}
        self.best: dict[str, Tensor] = {}
        self.order, self.ahead_at = job.train, slice(0, 0)
        self.ahead: Taught | None = None
        self.progress = Progress(epoch=0, step=0, best=-1.0, best_epoch=0, sums={}, history=[], key=job.key)
        loaded = load_checkpoint(checkpoint, model, self.helpers, self.optimiser, job.key)
        if loaded:
            self.best, self.progress = loaded
        self.sums: dict[str, list[Tensor]] = {}
        self.saved_s = time.monotonic()
        counts = np.bincount(job.label[job.train], minlength=len(job.validation.classes))
        weight = len(job.train) / (len(counts) * np.maximum(counts, 1))
        self.class_weight = torch.from_numpy(weight.astype(np.float32)).to(job.view.device)
        self.label = torch.from_numpy(job.label).to(job.view.device)

    def ended(self) -> bool:
        """All epochs done, or no better score for too long."""
        since = self.progress["epoch"] - 1 - self.progress["best_epoch"]
        return self.progress["epoch"] >= self.config.epochs or (
            self.progress["epoch"] > 0 and since >= self.config.patience
        )

    def begin_epoch(self) -> None:
        """Draws the order of the epoch in progress; the seed and the epoch alone decide it."""
        draw = generator(self.job.seed, "order", self.progress["epoch"])
        self.order = self.job.train[draw.permutation(len(self.job.train))]
        self.ahead = None
        self.model.train()
        rests = self.progress["epoch"] < self.job.frozen_share * self.config.epochs
        for parameter in self.resting:
            parameter.requires_grad_(not rests)

    def advance(self) -> None:
        """The next step of the epoch."""
        first = self.progress["step"] * self.config.batch
        last = len(self.order) if self.progress["step"] == self.steps - 1 else first + self.config.batch
        view = self.progress["epoch"] % self.job.view.views
        self.step(self.order[first:last], view, self.taught(first, last, view))
        self.progress["step"] += 1

    def taught(self, first: int, last: int, view: int) -> Taught:
        """The teachers' side of each term for a stretch of the epoch's order, worked out ahead where that pays."""
        targets = self.job.targets
        if targets is None:
            return {}
        if self.ahead is None or last > self.ahead_at.stop:
            self.ahead_at = slice(first, max(last, first + targets.ahead * self.config.batch))
            answers = targets.get(self.order[self.ahead_at], view)
            self.ahead = {name: term.prepare(answers) for name, term in self.job.terms.items()}
        begin = self.ahead_at.start
        return {name: [part[first - begin : last - begin] for part in parts] for name, parts in self.ahead.items()}

    def steps_of_epoch(self, stop: Callable[[], bool]) -> None:
        """Runs the steps that are left of the epoch in progress."""
        self.begin_epoch()
        while self.progress["step"] < self.steps:
            if stop():
                self.save()
                raise StoppedError("stopped on request", where=self.job.name, mend="Go on with --resume")
            self.advance()
            if time.monotonic() - self.saved_s > self.config.checkpoint_s:
                self.save()

    def step(self, ids: Ids, view: int, taught: Taught) -> None:
        """One gradient step on a batch of windows."""
        count = self.progress["epoch"] * self.steps + self.progress["step"]
        _seed(derived_seed(self.job.seed, "step", count), self.job.view.device)
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.lr * _schedule(count, self.steps, self.config.epochs)
        with Taps(self.model, self.job.taps) as taps:
            output = taps(self.job.view.batch(ids, view))
        evidence = Evidence(*output, self.label[torch.from_numpy(ids)], self.class_weight)
        done = count / (self.steps * self.config.epochs)
        loss, parts = weighted_sum(self.job.terms, evidence, taught, self.given, done)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.trained, self.config.clip)
        self.optimiser.step()
        for name, value in parts.items():
            self.sums.setdefault(name, []).append(value)

    def close_epoch(self, emit: Emit, seconds: float) -> None:
        """Scores the validation windows, remembers the best epoch, and moves on to the next."""
        shares = probabilities(self.model, self.job.view, self.job.validation.ids)
        score = macro_f1_by_unit(shares, self.job.validation)
        if score > self.progress["best"] or self.config.keep == "last":
            self.progress["best"], self.progress["best_epoch"] = score, self.progress["epoch"]
            self.best = {name: tensor.detach().clone() for name, tensor in self.model.state_dict().items()}
        losses = {name: value / self.steps for name, value in self.read_sums().items()}
        entry = {"epoch": self.progress["epoch"] + 1, "losses": losses, "validation_macro_f1": score}
        self.progress["history"].append(entry)
        self.progress |= {"epoch": self.progress["epoch"] + 1, "step": 0, "sums": {}}
        self.sums = {}
        told = {"part": f"{self.job.name}: validation macro-F1 {score:.3f}", "phase": self.job.name, "seconds": seconds}
        emit(Event("epochs", data={**told, **entry, "done": entry["epoch"], "of": self.config.epochs}))

    def read_sums(self) -> dict[str, float]:
        """The epoch's sums of each term so far; read only here, so that a GPU is not waited for at every step."""
        sums = dict(self.progress["sums"])
        for name, values in self.sums.items():
            for value in torch.stack([part.mean() for part in values]).tolist():  # in order, as when interrupted
                sums[name] = sums.get(name, 0.0) + value
        if not all(math.isfinite(value) for value in sums.values()):
            raise StillroomError("the loss is no longer finite", where=self.job.name, mend="Lower the learning rate")
        return sums

    def save(self) -> None:
        """Writes the checkpoint."""
        self.progress["sums"], self.sums = self.read_sums(), {}
        save_checkpoint(self.path, self.model, self.helpers, self.optimiser, self.best, self.progress)
        self.saved_s = time.monotonic()

    def finish(self) -> None:
        """Takes the weights of the epoch that is kept; what rested may learn again."""
        self.model.load_state_dict(self.best)
        self.model.eval()
        for parameter in self.resting:
            parameter.requires_grad_(True)


def _helpers(model: nn.Module, job: Job) -> nn.ModuleDict:
    """The terms' own modules, drawn from the job's seed; asking for shapes draws nothing."""
    made = nn.ModuleDict()
    if job.targets is None:
        return made.to(job.view.device)
    with torch.no_grad(), Taps(model.eval(), job.taps) as taps:
        output = taps(job.view.batch(job.train[:2]))
    taught = {name: tuple(part.shape[1:]) for name, part in job.targets.get(job.train[:2], 0).items() if part.ndim > 1}
    shapes = Shapes(
        {name: tuple(part.shape[1:]) for name, part in output.answers().items()}, taught, job.targets.groups
    )
    _seed(derived_seed(job.seed, "helpers"), job.view.device)
    for name, term in job.terms.items():
        helper = term.helper(shapes)
        if helper is not None:
            made[name] = helper
    return made.to(job.view.device)


def parameters_below(model: nn.Module, frozen: Sequence[str]) -> list[nn.Parameter]:
    """The parameters below some dotted paths.

    Raises:
        InputError: nothing lies below a path.
    """
    named = dict(network_of(model).named_parameters()) if frozen else {}
    found: list[nn.Parameter] = []
    for path in frozen:
        below = [name for name in named if f"{name}.".startswith(f"{path}.")]
        if not below:
            known = {".".join(name.split(".")[:depth]) for name in named for depth in range(1, name.count(".") + 2)}
            mend = did_you_mean(path, sorted(known))
            raise InputError(f"the network has nothing at {path!r} to freeze", where="frozen", mend=mend)
        found += [named[name] for name in below]
    return found


def _seed(seed: int, device: torch.device) -> None:
    # torch.manual_seed costs 80 us a call where CUDA was never used; a step of a small student costs 2 ms
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _schedule(step: int, steps_per_epoch: int, epochs: int) -> float:
    """A linear warm-up over the first epoch, then a half cosine to zero."""
    if step < steps_per_epoch:
        return (step + 1) / steps_per_epoch
    share = (step - steps_per_epoch) / max(1, steps_per_epoch * (epochs - 1))
    return 0.5 * (1 + math.cos(math.pi * share))
