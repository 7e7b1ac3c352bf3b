"""Peak activation memory: how much is alive at once when the nodes run in their order.

Views share what they look at, and element-wise nodes write over an input that nobody needs any more. A runtime that
fuses a convolution with what follows needs less: this is an upper bound.
"""

from __future__ import annotations

from math import prod

from stillroom.cost.graph_kinds import POINTWISE
from stillroom.cost.graph_table import VIEWS, Graph, Node

_SAME = VIEWS | {"DequantizeLinear"}


def peak_activation_bytes(graph: Graph) -> int:
    """Bytes of activations that are alive at once, the window itself among them."""
    owner = _owners(graph)
    last = _last_reads(graph, owner)
    alive = {name: graph.size_bytes(name) for name in graph.inputs}
    peak = sum(alive.values())
    for place, node in enumerate(graph.nodes):
        new = {name: stored_bytes(graph, name) for name in node.outputs if owner.get(name) == name and name in last}
        if over := _written_over(graph, node, [owner.get(name) for name in node.inputs], alive, last, place):
            del alive[over]
        alive |= new
        peak = max(peak, sum(alive.values()))
        alive = {name: size for name, size in alive.items() if last.get(name, -1) > place}
    return peak


def stored_bytes(graph: Graph, name: str) -> int:
    """What a value takes in memory; one that is quantised before anything but element-wise work is never kept wide."""
    if name not in graph.shapes:
        return 0
    end = name
    while len(readers := graph.consumers.get(end, [])) == 1 and end not in graph.outputs:
        if readers[0].op == "QuantizeLinear":
            return prod(graph.shapes[name]) * graph.bits.get(readers[0].outputs[0], 8) // 8
        if readers[0].op not in POINTWISE:
            break
        end = readers[0].outputs[0]
    return graph.size_bytes(name)


def _owners(graph: Graph) -> dict[str, str]:
    """For each value the one whose memory it looks at."""
    owner = {name: name for name in graph.inputs}
    for node in graph.nodes:
        owner |= {name: name for name in node.outputs if name}
        if node.op in _SAME and node.inputs[0] in owner:
            owner[node.outputs[0]] = owner[node.inputs[0]]
    return owner


def _last_reads(graph: Graph, owner: dict[str, str]) -> dict[str, int]:
    last = {owner[name]: place for place, node in enumerate(graph.nodes) for name in node.inputs if name in owner}
    return last | {owner[name]: len(graph.nodes) for name in graph.outputs if name in owner}


def _written_over(
    graph: Graph, node: Node, inputs: list[str | None], alive: dict[str, int], last: dict[str, int], place: int
) -> str | None:
    """An input of the output's size that is read here for the last time; never the window itself."""
    if node.op not in POINTWISE:
        return None
    size = stored_bytes(graph, node.outputs[0])
    for name in inputs:
        if name in alive and name not in graph.inputs and last[name] == place and alive[name] == size:
            return name
    return None
