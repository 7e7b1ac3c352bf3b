"""A random forest on window statistics, as a torch module: it is kept, scored and ensembled like any other model.

scikit-learn grows the trees; their arrays become buffers, and a batch walks down all trees at once. So a forest is
saved without pickle, and a forest in a saved teacher answers where scikit-learn is not installed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float16, Float32, Int32, Int64
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from stillroom.models.architecture import ARCHITECTURES, Architecture, Shape
from stillroom.models.output import Output
from stillroom.models.statistics import PER_CHANNEL, window_statistics

SMALLEST_SHARE = 1e-3


@ARCHITECTURES.register("forest")
class ForestConfig(Architecture):
    """Settings of a forest.

    Attributes:
        trees: how many.
        min_leaf: fewest training windows in a leaf.
    """

    trees: int = Field(default=200, ge=1)
    min_leaf: int = Field(default=1, ge=1)

    def build(self, shape: Shape) -> nn.Module:
        """An empty forest; `grow` or a state dict fills it."""
        return Forest(self, shape.classes, PER_CHANNEL * len(shape.layout))


class Forest(nn.Module):
    """Trees as arrays; `(tree, node)` buffers, a leaf's children are the leaf itself."""

    feature: Int32[Tensor, "tree node"]
    threshold: Float32[Tensor, "tree node"]
    branch: Int32[Tensor, "tree node 2"]
    share: Float16[Tensor, "tree node class"]

    def __init__(self, config: ForestConfig, classes: int, features: int) -> None:
        super().__init__()
        self.config, self.classes, self.features = config, classes, features
        self.depth = 0
        self.register_buffer("feature", torch.zeros(0, 0, dtype=torch.int32))
        self.register_buffer("threshold", torch.zeros(0, 0))
        self.register_buffer("branch", torch.zeros(0, 0, 2, dtype=torch.int32))
        self.register_buffer("share", torch.zeros(0, 0, classes, dtype=torch.float16))

    def grow(
        self,
        statistics: Float32[NDArray[np.float32], "window feature"],
        label: Int64[NDArray[np.int64], " window"],
        *,
        seed: int,
        jobs: int = 1,
    ) -> None:
        """Fits the trees.

        Args:
            statistics: `(window, feature)` as `window_statistics` gives them.
            label: `(window,)`; a class that never occurs gets no share.
            seed: of the bootstrap and the feature draws.
            jobs: threads.
        """
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(
            self.config.trees,
            min_samples_leaf=self.config.min_leaf,
            class_weight="balanced",
            n_jobs=jobs,
            random_state=seed % 2**32,
        )
        forest.fit(statistics, label)
        self.load_arrays([tree.tree_ for tree in forest.estimators_], forest.classes_)

    def load_arrays(self, trees: Iterable[object], known: Int64[NDArray[np.int64], " class"]) -> None:
        """Takes scikit-learn's tree arrays over, padded to the largest tree.

        Args:
            trees: each one's `tree_`.
            known: the class that each of their columns stands for.
        """
        kept = list(trees)
        nodes = max(int(tree.node_count) for tree in kept)  # type: ignore[attr-defined]
        shape = (len(kept), nodes)
        feature, threshold = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
        children, share = np.zeros((*shape, 2), np.int32), np.zeros((*shape, self.classes), np.float16)
        for row, tree in enumerate(kept):
            _copy(tree, feature[row], threshold[row], children[row])
            value = tree.value[:, 0, :]  # type: ignore[attr-defined]
            share[row, : len(value), known] = (value / value.sum(axis=1, keepdims=True)).T
        self.feature, self.threshold = torch.from_numpy(feature), torch.from_numpy(threshold)
        self.branch, self.share = torch.from_numpy(children), torch.from_numpy(share)
        self.depth = max(int(tree.max_depth) for tree in kept)  # type: ignore[attr-defined]

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
        """Makes room first: an empty forest does not know how large the trees are."""
        for name in ("feature", "threshold", "branch", "share"):
            setattr(self, name, torch.empty_like(state_dict[prefix + name]))
        read = int(state_dict[prefix + "feature"].max())
        if self.share.shape[-1] != self.classes or read >= self.features:
            raise ValueError(f"the forest has other classes than {self.classes} or features than {self.features}")
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def probabilities(self, statistics: Float[Tensor, "batch feature"]) -> Float[Tensor, "batch class"]:
        """`(batch, feature)` to `(batch, class)`: the mean of the leaves' shares."""
        trees = torch.arange(len(self.feature), device=statistics.device)
        node = torch.zeros(len(statistics), len(trees), dtype=torch.int64, device=statistics.device)
        for _ in range(self.depth or self.feature.shape[1]):
            value = statistics.gather(1, self.feature[trees, node].long())
            side = (value > self.threshold[trees, node]).long()
            following = self.branch[trees, node, side].long()
            if not self.depth and torch.equal(following, node):
                break
            node = following
        return self.share[trees, node].float().mean(dim=1)

    def forward(self, x: Float[Tensor, "batch channel time"]) -> Output:
        """`(batch, channel, time)` in physical units to log shares (none below 0.001) and the statistics."""
        statistics = window_statistics(x)
        shares = self.probabilities(statistics).clamp_min(SMALLEST_SHARE)
        return Output(torch.log(shares / shares.sum(dim=1, keepdim=True)), statistics)


def _copy(
    tree: object,
    feature: Int32[NDArray[np.int32], " node"],
    threshold: Float32[NDArray[np.float32], " node"],
    children: Int32[NDArray[np.int32], "node 2"],
) -> None:
    count = int(tree.node_count)  # type: ignore[attr-defined]
    leaf = tree.children_left < 0  # type: ignore[attr-defined]
    here = np.arange(count)
    feature[:count] = np.where(leaf, 0, tree.feature)  # type: ignore[attr-defined]
    # a float32 input is compared with a float64 threshold; rounding down keeps every comparison as it was
    exact = tree.threshold  # type: ignore[attr-defined]
    rounded = exact.astype(np.float32)
    threshold[:count] = np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    children[:count, 0] = np.where(leaf, here, tree.children_left)  # type: ignore[attr-defined]
    children[:count, 1] = np.where(leaf, here, tree.children_right)  # type: ignore[attr-defined]
