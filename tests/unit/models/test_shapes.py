"""Shapes are types: in the tests, what a function takes and gives is held against its annotations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError

from stillroom.losses.cross_entropy import cross_entropy
from stillroom.losses.hinton import hinton
from stillroom.models.blocks import CausalConv
from stillroom.models.recogniser import Interface
from stillroom.models.statistics import window_statistics
from stillroom.signal.normalisation import Normaliser, fit_normaliser
from stillroom.training.augmentation import hamilton

F32 = np.float32


@pytest.mark.parametrize(
    "call",
    [
        lambda: window_statistics(torch.zeros(3, 40)),
        lambda: CausalConv(3, 4, 3, 1)(torch.zeros(3, 40)),
        lambda: hinton(torch.zeros(4, 3), torch.zeros(4, 2), temperature=2.0),
        lambda: hinton(torch.zeros(4, 3), torch.zeros(1, 3), temperature=2.0),
        lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4)),
        lambda: cross_entropy(torch.zeros(4, 3), torch.zeros(4).long(), class_weight=torch.ones(4)),
        lambda: hamilton(torch.zeros(2, 3, 9), torch.zeros(2, 4)),
        lambda: Normaliser(np.zeros(3, F32), np.ones(4, F32)),
        lambda: Normaliser(np.zeros(3), np.ones(3)),
        lambda: Normaliser(np.zeros(3, F32), np.ones(3, F32))(np.zeros((3, 40), F32)),
        lambda: fit_normaliser(np.zeros(40, F32), np.zeros(1, np.int64), 4),
    ],
)
def test_a_wrong_shape_or_dtype_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(TypeCheckError):
        call()


@pytest.mark.parametrize("name", ["tsak_student", "reference", "forest"])
def test_a_window_without_its_batch_is_refused_by_every_model(make, face: Interface, name: str) -> None:
    with pytest.raises(TypeCheckError, match="forward"):
        make(name)(torch.zeros(6, face.width))


def test_the_same_in_its_right_shape_is_taken() -> None:
    assert hinton(torch.zeros(4, 3, 7), torch.zeros(4, 3, 7), temperature=2.0).shape == (4,)
    assert cross_entropy(torch.zeros(4, 3, 7), torch.zeros(4, 7).long(), class_weight=torch.ones(3)).shape == (4,)
    assert Normaliser(np.zeros(3, F32), np.ones(3, F32))(np.zeros((2, 3, 40), F32)).shape == (2, 3, 40)
