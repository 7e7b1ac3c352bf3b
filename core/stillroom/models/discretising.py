"""The end of a search among classifiers: a copy of a network that has one of them alone.

As the released code deletes the branch that is not deployed. Which one stays, `training.head_search` says.
"""

from __future__ import annotations

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.models.classifiers import Classifier
from stillroom.models.heads import HeadedConfig
from stillroom.models.narrowing import narrowed
from stillroom.models.recogniser import Member, Recogniser

_HEAD = "head."


def candidates_of(model: Recogniser) -> tuple[Classifier, ...]:
    """The classifiers of a network, in their order; none where the model is an ensemble or of another kind."""
    config = _config(model)
    return config.head if config else ()


def discretised(model: Recogniser, name: str) -> Recogniser:
    """A copy with one of the classifiers, of the same weights; the model is left as it is.

    Its logits are those that the whole gives as `<name>_logits`.

    Args:
        model: one network with a choice of classifiers.
        name: of the classifier that stays.

    Raises:
        InputError: an ensemble, a network of another kind, or one that has no such classifier.
    """
    config = _config(model)
    if config is None:
        mend = "Give a single smldist_net"
        raise InputError("the model has no classifiers to choose among", where="the model", mend=mend)
    if name not in config.head:
        mend = did_you_mean(name, list(config.head))
        raise InputError(f"the model has no classifier {name!r}", where="its head", mend=mend)
    member = model.members[0]
    assert isinstance(member, Member)
    state = {key: tensor for key, tensor in member.net.state_dict().items() if _stays(key, name)}
    return narrowed(model, config.changed(head=(name,)), state)


def _config(model: Recogniser) -> HeadedConfig | None:
    found = [member.architecture for member in model.members if isinstance(member, Member)]
    return found[0] if len(found) == 1 and isinstance(found[0], HeadedConfig) else None


def _stays(key: str, name: str) -> bool:
    return not key.startswith(_HEAD) or key.startswith(f"{_HEAD}{name}.")
