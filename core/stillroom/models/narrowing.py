"""A narrower copy of a recogniser of one network, from its config and what is left of the weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from stillroom.models.architecture import Architecture
from stillroom.models.recogniser import Member, Recogniser


def narrowed(model: Recogniser, architecture: Architecture, state: Mapping[str, Tensor]) -> Recogniser:
    """A new network with these weights behind the model's interface and normaliser; the model stays as it is.

    Args:
        model: of one network.
        architecture: the new network's.
        state: the new network's weights, by name.
    """
    (member,) = model.members
    assert isinstance(member, Member)
    with torch.random.fork_rng(devices=[]):  # the weights that are drawn here are written over
        narrow = Member(architecture, model.interface.shape)
    own = {"mean": member.mean, "sd": member.sd}
    narrow.load_state_dict({**own, **{f"net.{name}": tensor for name, tensor in state.items()}})
    return Recogniser(model.interface, [narrow]).to(member.mean.device).train(model.training)
