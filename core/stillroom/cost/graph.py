"""A walk over an exported graph: multiply-accumulates, operators, kernels, weights, and memory at its peak.

It is the second, independent count beside torch's own (`counting.py`); the two agree to the unit on convolutions,
products and recurrent layers. Products of constants are worked out when a model is exported, so they are not in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from stillroom.cost.graph_kinds import KNOWN, kernels_of
from stillroom.cost.graph_macs import ANALYTIC, COUNTED, STEPS
from stillroom.cost.graph_memory import peak_activation_bytes, stored_bytes
from stillroom.cost.graph_reading import prepare, read_graph
from stillroom.cost.graph_table import VIEWS, Graph, Node
from stillroom.cost.quantity import Work

CONCAT_HEAVY = 0.25
PEAK_LABEL = "peak activation, un-fused upper bound"


@dataclass(frozen=True)
class GraphCost:
    """What a graph costs for one window.

    Attributes:
        macs: of convolutions, products and recurrent layers.
        analytic_macs: of Fourier transforms, by formula.
        macs_by_op: both, by operator type.
        ops: operators that do something; views left out.
        kernels: what is left when a runtime has fused what it can; each step of a recurrent layer is one more.
        steps: of recurrent layers, one after another.
        weight_bytes: constants, as the graph keeps them.
        input_bytes: one window.
        peak_activation_bytes: an upper bound, for nothing is fused; the window is in it.
        moved_bytes: weights, and every value once, as it is kept.
        operators: how many of each type.
        unknown: operators that were not counted, by name, and why where that is known.
        notes: what else to know about the count.
    """

    macs: int
    analytic_macs: int
    macs_by_op: dict[str, int]
    ops: int
    kernels: int
    steps: int
    weight_bytes: int
    input_bytes: int
    peak_activation_bytes: int
    moved_bytes: int
    operators: dict[str, int]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def concat_heavy(self) -> bool:
        """Whether much of it joins tensors."""
        return self.operators.get("Concat", 0) >= CONCAT_HEAVY * max(1, self.kernels)

    def work(self, eager_ops: int | None = None) -> Work:
        """What an estimate asks for; of the float32 graph, whatever precision is then estimated.

        Args:
            eager_ops: as torch starts them (`parts.py`); the graph's own operators where None.
        """
        return Work(
            macs=self.macs + self.analytic_macs,
            ops=self.ops + self.steps if eager_ops is None else eager_ops,
            kernels=self.kernels,
            bytes=self.moved_bytes,
            recurrent=self.steps > 0,
            concat_heavy=self.concat_heavy,
        )


def walk_file(file: Path) -> GraphCost:
    """The cost of an ONNX file.

    Raises:
        InputError: it is missing, cut off, no ONNX, or a size other than the batch is open.
    """
    return cost_of(read_graph(file))


def walk(model: Any, where: str = "") -> GraphCost:
    """The cost of an `onnx.ModelProto`, which is left as it is.

    Raises:
        InputError: there is no graph in it, or a size other than the batch is open.
    """
    return cost_of(prepare(model, where))


def cost_of(graph: Graph) -> GraphCost:
    """The cost of a prepared graph."""
    macs, unknown = _macs(graph)
    steps = sum(_steps(graph, node) for node in graph.nodes)
    kept = (node for node in graph.nodes if node.op not in VIEWS | {"DequantizeLinear"})
    values = (*graph.inputs, *(name for node in kept for name in node.outputs))
    return GraphCost(
        macs=sum(macs[op] for op in macs if op in COUNTED),
        analytic_macs=sum(macs[op] for op in macs if op in ANALYTIC),
        macs_by_op=dict(macs),
        ops=sum(node.op not in VIEWS for node in graph.nodes),
        kernels=kernels_of(graph) + steps,
        steps=steps,
        weight_bytes=sum(graph.weights.values()),
        input_bytes=sum(map(graph.size_bytes, graph.inputs)),
        peak_activation_bytes=peak_activation_bytes(graph),
        moved_bytes=sum(graph.weights.values()) + sum(stored_bytes(graph, name) for name in values),
        operators=dict(Counter(node.op for node in graph.nodes)),
        unknown=tuple(unknown),
        notes=graph.notes,
    )


def _macs(graph: Graph) -> tuple[Counter[str], list[str]]:
    """Multiply-accumulates by type, and what was not counted."""
    macs: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    for node in graph.nodes:
        rule = COUNTED.get(node.op) or ANALYTIC.get(node.op)
        try:
            if node.holds_graphs:
                unknown[f"{node.op} (holds a graph of its own)"] += 1
            elif rule:
                macs[node.op] += round(rule(graph, node))
            elif node.op not in KNOWN:
                unknown[node.op] += 1
        except (KeyError, IndexError, ValueError, ZeroDivisionError):
            unknown[f"{node.op} (sizes or form not known)"] += 1
    return macs, [f"{count} x {name}" for name, count in sorted(unknown.items())]


def _steps(graph: Graph, node: Node) -> int:
    """How often a recurrent layer waits for itself; both directions counted."""
    if node.op not in STEPS or node.inputs[0] not in graph.shapes or node.inputs[1] not in graph.shapes:
        return 0
    return prod((graph.shapes[node.inputs[0]][0], graph.shapes[node.inputs[1]][0]))
