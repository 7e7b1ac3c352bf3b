"""Structured pruning: a narrower copy of a network, whole channels taken away, described by a config of its own.

A channel's strength is the norm of its filter, with the batch norm folded in, times the norm of what reads it:

    s_o = ||w_o||_2 |gamma_o| / sqrt(var_o + eps) ||r_o||_2

where r_o are the weights that its output meets next: filters' norms by Li et al., "Pruning Filters for Efficient
ConvNets" (arXiv 1608.08710; they take L1), |gamma| by Liu et al., "Network Slimming" (arXiv 1708.06519), the readers
ours, by trial. In every layer the strongest stay, in their order. What is left computes what the whole network would
with the others' outputs at zero; training it on is the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from stillroom.base.errors import InputError
from stillroom.base.registry import Registry
from stillroom.models.architecture import Architecture, describe
from stillroom.models.block_tables import Block
from stillroom.models.mobilenet import SmldistNetConfig
from stillroom.models.narrowing import narrowed
from stillroom.models.recogniser import Member, Recogniser
from stillroom.models.reference import ReferenceConfig
from stillroom.models.student import TsakStudentConfig

FEWEST_HIDDEN = 4
_NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Channels:
    """Channels that stay or go together.

    Attributes:
        name: of the module whose output they are.
        stay: how many of them.
        filters: the weight that gives them, along its first axis.
        norm: the batch norm behind it; empty where there is none.
        readers: the weights that their outputs meet next, and along which axis.
        held: other tensors that have an entry for each of them, and along which axis; the norm's are known.
    """

    name: str
    stay: int
    filters: str
    norm: str
    readers: tuple[tuple[str, int], ...]
    held: tuple[tuple[str, int], ...] = ()

    @property
    def entries(self) -> list[tuple[str, int]]:
        """All tensors to be cut, with the axis."""
        parts = [(f"{self.norm}.{part}", 0) for part in _NORM] if self.norm else []
        return [(self.filters, 0), *parts, *self.readers, *self.held]


@dataclass(frozen=True)
class Plan:
    """What becomes of a network: its narrower config, and the channels that are cut."""

    architecture: Architecture
    layers: tuple[Channels, ...]


Planner = Callable[[Architecture, Architecture, float], Plan]
PRUNABLE: Registry[Planner] = Registry("architecture that can be pruned")
"""Plans by the architecture's name, from its config now, its config before any pruning, and the share to keep."""


def pruned(model: Recogniser, keep: float, original: Architecture | None = None) -> Recogniser:
    """A narrower copy; the model itself is left as it is.

    Args:
        model: one network of a kind that can be pruned.
        keep: share of `original`'s channels that stay in every layer, above 0, at most 1; rounded up.
        original: the config that `keep` is a share of, where the model was pruned before; the model's own if None.

    Raises:
        InputError: an ensemble, another kind of network, a share that is none, or an `original` of another kind.
    """
    member, plan = _planned(model, keep, original)
    state = dict(member.net.state_dict())
    for layer, stays in zip(plan.layers, _stays(member.net, plan), strict=True):
        for name, axis in layer.entries:
            state[name] = state[name].index_select(axis, stays)
    return narrowed(model, plan.architecture, state)


def kept_channels(
    model: Recogniser, keep: float, original: Architecture | None = None
) -> dict[str, Int64[Tensor, " kept"]]:
    """Which channels `pruned` leaves, ascending, by the name of the module of the network whose output they are.

    Raises:
        InputError: as `pruned`.
    """
    member, plan = _planned(model, keep, original)
    return dict(zip((layer.name for layer in plan.layers), _stays(member.net, plan), strict=True))


def fewer(now: int, first: int, keep: float, least: int = 1) -> int:
    """How many of `now` channels stay: `ceil(keep * first)`, at least `least`, never more than there are."""
    return min(now, max(least, math.ceil(round(keep * first, 9))))  # .55 x 100 is a hair above 55


def _planned(model: Recogniser, keep: float, original: Architecture | None) -> tuple[Member, Plan]:
    if not 0 < keep <= 1:
        raise InputError(f"{keep:g} is no share of channels to keep", where="keep", mend="Give one above 0, up to 1")
    members = [member for member in model.members if isinstance(member, Member)]
    kinds = [str(describe(member.architecture)["name"]) for member in members]
    if len(members) != 1 or kinds[0] not in PRUNABLE:
        raise InputError(
            f"{' with '.join(kinds)} cannot be pruned",
            where="the model",
            mend=f"Prune a single network of one of these kinds: {', '.join(PRUNABLE)}",
        )
    now = members[0].architecture
    first = original or now
    if type(first) is not type(now):
        kind = describe(first)["name"]
        raise InputError(f"the model is a {kinds[0]}, the original a {kind}", mend="Give the config it was pruned from")
    return members[0], PRUNABLE[kinds[0]](now, first, keep)


def _stays(net: nn.Module, plan: Plan) -> list[Int64[Tensor, " kept"]]:
    """For each layer the places of its strongest channels, ascending; the first ones where several are as strong."""
    order = [torch.sort(_strength(net, layer), descending=True, stable=True).indices for layer in plan.layers]
    return [places[: layer.stay].sort().values for places, layer in zip(order, plan.layers, strict=True)]


def _strength(net: nn.Module, layer: Channels) -> Float[Tensor, " channel"]:
    strength = torch.sqrt(_energy(net, ((layer.filters, 0),)) * _energy(net, layer.readers))
    if not layer.norm:
        return strength
    norm = net.get_submodule(layer.norm)
    assert isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d))
    gamma, variance = net.get_parameter(f"{layer.norm}.weight"), net.get_buffer(f"{layer.norm}.running_var")
    folded: Tensor = strength * gamma.detach().abs() / torch.sqrt(variance + norm.eps)
    return folded


def _energy(net: nn.Module, weights: Sequence[tuple[str, int]]) -> Float[Tensor, " channel"]:
    """The squares of each channel's weights, summed over several tensors."""
    held = [net.get_parameter(name).detach().movedim(axis, 0).flatten(1) for name, axis in weights]
    energy: Tensor = torch.cat(held, dim=1).square().sum(dim=1)
    return energy


def _widths(now: Sequence[int], first: Sequence[int], keep: float) -> tuple[int, ...]:
    if len(now) != len(first):
        raise InputError(
            f"the model has {len(now)} convolutions, the original {len(first)}",
            mend="Give the config it was pruned from",
        )
    return tuple(fewer(here, there, keep) for here, there in zip(now, first, strict=True))


@PRUNABLE.register("tsak_student")
def _student(now: Architecture, first: Architecture, keep: float) -> Plan:
    """Every convolution and the hidden layer."""
    assert isinstance(now, TsakStudentConfig) and isinstance(first, TsakStudentConfig)
    widths, blocks = _widths(now.widths, first.widths, keep), range(len(now.widths))
    readers = [*(f"features.{i}.0.weight" for i in blocks[1:]), "hidden.weight"]
    convolutions = [
        Channels(f"features.{i}", widths[i], f"features.{i}.0.weight", f"features.{i}.1", ((readers[i], 1),))
        for i in blocks
    ]
    units = fewer(now.hidden, first.hidden, keep, FEWEST_HIDDEN)
    hidden = Channels("hidden", units, "hidden.weight", "", (("head.weight", 1),), (("hidden.bias", 0),))
    return Plan(now.changed(widths=widths, hidden=units), (*convolutions, hidden))


@PRUNABLE.register("reference")
def _reference(now: Architecture, first: Architecture, keep: float) -> Plan:
    """Both separable convolutions; the recurrent layer keeps its few units."""
    assert isinstance(now, ReferenceConfig) and isinstance(first, ReferenceConfig)
    widths = _widths(now.widths, first.widths, keep)
    layers = (
        Channels(
            "features.0", widths[0], "features.0.1.weight", "features.0.2",
            readers=(("features.1.1.weight", 1),), held=(("features.1.0.weight", 0),),
        ),
        Channels(
            "features.1", widths[1], "features.1.1.weight", "features.1.2",
            readers=(("gru.weight_ih_l0", 1), ("gru.weight_ih_l0_reverse", 1)),
        ),
    )  # fmt: skip
    return Plan(now.changed(widths=widths), layers)


@PRUNABLE.register("smldist_net")
def _smldist(now: Architecture, first: Architecture, keep: float) -> Plan:
    """The channels inside every block; those between the blocks, which meet in sums and at the anchors, stay."""
    assert isinstance(now, SmldistNetConfig) and isinstance(first, SmldistNetConfig)
    if (now.table, now.width, now.depth) != (first.table, first.width, first.depth):
        raise InputError("the model has other blocks than the original", mend="Give the config it was pruned from")
    narrow = now.changed(expansion=min(now.expansion, keep * first.expansion))
    layers = [layer for place, block in enumerate(narrow.blocks) for layer in _inside(f"blocks.{place}", block)]
    return Plan(narrow, tuple(layers))


def _inside(name: str, block: Block) -> list[Channels]:
    """A block's expansion, as its depthwise convolution gives it, and its squeeze-and-excitation's hidden layer."""
    reduce, widen = f"{name}.squeeze.reduce", f"{name}.squeeze.widen.weight"
    readers = ((f"{name}.project.0.weight", 1), *([(f"{reduce}.weight", 1)] if block.squeeze else []))
    held = ((f"{name}.expand.0.0.weight", 0), *((f"{name}.expand.0.1.{part}", 0) for part in _NORM))
    weighed = ((widen, 0),) if block.squeeze else ()
    wide = Channels(
        f"{name}.depthwise", block.expansion, f"{name}.depthwise.0.weight", f"{name}.depthwise.1",
        readers=readers, held=(*held, *weighed),
    )  # fmt: skip
    squeezed = Channels(reduce, block.squeezed, f"{reduce}.weight", "", readers=((widen, 1),))
    return [wide, squeezed] if block.squeeze else [wide]
