"""A network divided into parts, each with its parameters, bytes and share of the operations that torch counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Packet = Any
FFT = {torch.ops.aten._fft_r2c: 2.5, torch.ops.aten._fft_c2r: 2.5, torch.ops.aten._fft_c2c: 5.0}


@dataclass(frozen=True)
class Part:
    """A part of a network.

    Attributes:
        name: its path, as the network names it.
        parameters: trained numbers.
        size_bytes: of parameters and buffers.
        macs: multiply-accumulates for one window.
        analytic_macs: of Fourier transforms, by formula.
    """

    name: str
    parameters: int
    size_bytes: int
    macs: int
    analytic_macs: int


def part_of(name: str, tensors: list[Tensor], flops: dict[Packet, int]) -> Part:
    """A part from what it holds and what was counted of it."""
    analytic = sum(count for packet, count in flops.items() if packet in FFT)
    return Part(
        name=name,
        parameters=sum(one.numel() for one in tensors if isinstance(one, nn.Parameter)),
        size_bytes=sum(one.numel() * one.element_size() for one in tensors),
        macs=(sum(flops.values()) - analytic) // 2,
        analytic_macs=analytic // 2,
    )


class Division:
    """Divides a network into parts; a tensor belongs to the first part that holds it."""

    def __init__(self, model: nn.Module, flops: dict[str, dict[Packet, int]]) -> None:
        self.flops = flops
        self.taken: set[int] = set()
        self.paths: dict[nn.Module, str] = {}
        self._name(model, type(model).__name__)

    def _name(self, module: nn.Module, path: str) -> None:
        """Names as torch's counter gives them."""
        self.paths[module] = path
        for name, child in module.named_children():
            self._name(child, f"{path}.{name}")

    def below(self, module: nn.Module, label: str, depth: int) -> Iterator[Part]:
        """The parts of a module, the last one what lies in none of its children."""
        children = dict(module.named_children())
        if (depth == 0 and label) or _is_whole(module) or not children:
            yield self._whole(module, label or type(module).__name__)
            return
        wrapped = _wrapped(module)
        for name, child in children.items():
            if child is wrapped:
                yield from self.below(child, label, depth)
            else:
                yield from self.below(child, f"{label}.{name}".lstrip("."), depth - 1)
        yield from self._rest(module, f"{label or type(module).__name__} (itself)", list(children.values()))

    def _whole(self, module: nn.Module, label: str) -> Part:
        return part_of(label, self._take([*module.parameters(), *module.buffers()]), self._flops(module))

    def _rest(self, module: nn.Module, label: str, children: list[nn.Module]) -> Iterator[Part]:
        own = dict(self._flops(module))
        for child in children:
            for packet, count in self._flops(child).items():
                own[packet] = max(0, own.get(packet, 0) - count)
        tensors = self._take([*module.parameters(recurse=False), *module.buffers(recurse=False)])
        yield part_of(label, tensors, own)

    def _flops(self, module: nn.Module) -> dict[Packet, int]:
        """Of the module; a list of modules is never called, so it has what its members have."""
        if isinstance(module, (nn.ModuleList, nn.ModuleDict)):
            total: Counter[Packet] = Counter()
            for child in module.children():
                total.update(self._flops(child))
            return total
        return self.flops.get(self.paths[module], {})

    def _take(self, tensors: list[Tensor]) -> list[Tensor]:
        new = [tensor for tensor in tensors if id(tensor) not in self.taken]
        self.taken.update(map(id, new))
        return new


def _is_whole(module: nn.Module) -> bool:
    """Torch's own layers are not taken apart: they use the weights of their children themselves."""
    containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
    return type(module).__module__.startswith("torch.nn") and not isinstance(module, containers)


def _wrapped(module: nn.Module) -> nn.Module | None:
    """The one child of a module that has nothing to learn itself."""
    children = list(module.children())
    if isinstance(module, nn.ModuleList) and len(children) > 1:
        return None
    learning = [child for child in children if any(True for _ in child.parameters())] or children
    return learning[0] if len(learning) == 1 and not any(True for _ in module.parameters(recurse=False)) else None
