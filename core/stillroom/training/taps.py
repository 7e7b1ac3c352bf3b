"""Taps: named intermediate tensors of a network, read by dotted path while it answers.

    with Taps(model, {"anchor_0": "blocks.5"}) as taps:
        output = taps(x)        # its parts hold `anchor_0` as well

Nothing of the network's class is changed: hooks hang on the modules of this one network for as long as the context
lasts, and keep only what comes by during a call through these taps, in this thread. So two distillations that share a
teacher never see each other's tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Self

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from stillroom.base.errors import InputError
from stillroom.base.registry import did_you_mean
from stillroom.models.output import Output
from stillroom.models.recogniser import Recogniser

_CALLED: ContextVar[Taps | None] = ContextVar("the taps that a network is called through", default=None)


class Taps:
    """A context in which a network also tells some of its intermediate tensors.

    Args:
        model: a network, or a recogniser of one member, whose network is then meant.
        paths: the dotted path of a module, by the name that its output is given.
    """

    def __init__(self, model: nn.Module, paths: Mapping[str, str]) -> None:
        self.model, self.paths = model, dict(paths)
        self._handles: list[RemovableHandle] = []
        self._seen: dict[str, Tensor] = {}

    def __enter__(self) -> Self:
        """Hangs the hooks.

        Raises:
            InputError: no module lies at a path.
        """
        modules = dict(network_of(self.model).named_modules()) if self.paths else {}
        for name, path in self.paths.items():
            if path not in modules or not path:
                raise InputError(f"no module {path!r} to tap", where=f"tap {name}", mend=_near(path, modules))
        self._handles = [
            modules[path].register_forward_hook(self._hook(name, path)) for name, path in self.paths.items()
        ]
        return self

    def __exit__(self, *_: object) -> None:
        """Takes the hooks away."""
        for handle in self._handles:
            handle.remove()

    def __call__(self, x: Tensor) -> Output:
        """Calls the network; what is tapped stands among the parts of its answer.

        Raises:
            InputError: a tap did not fire, fired twice, gave no tensor over the batch, or is called like an answer.
        """
        if not self.paths:
            answer: Output = self.model(x)
            return answer
        self._seen = {}
        token = _CALLED.set(self)
        try:
            output: Output = self.model(x)
        finally:
            _CALLED.reset(token)
        seen, self._seen = self._seen, {}
        self._refuse_silent(seen)
        if twice := sorted(set(seen) & set(output.answers())):
            raise InputError(f"the network has an answer {twice[0]!r} of its own", mend="Give the tap another name")
        return output._replace(parts={**output.parts, **seen})

    def _hook(self, name: str, path: str) -> Callable[[nn.Module, Any, Any], None]:
        def keep(module: nn.Module, given: Any, output: Any) -> None:
            if _CALLED.get() is not self:
                return
            if not isinstance(output, Tensor) or output.ndim < 2:
                kind = type(module).__name__
                raise InputError(
                    f"{path} ({kind}) gives no tensor of features", where=f"tap {name}", mend="Tap another"
                )
            if name in self._seen:
                raise InputError(
                    f"{path} is passed twice in one answer", where=f"tap {name}", mend="Tap another module"
                )
            # a network that computes over images of height 1 is tapped as over time
            self._seen[name] = output[:, :, 0] if output.ndim == 4 and output.shape[2] == 1 else output

        return keep

    def _refuse_silent(self, seen: Mapping[str, Tensor]) -> None:
        for name, path in self.paths.items():
            if name not in seen:
                known = [other for other, _ in network_of(self.model).named_modules() if other != path]
                raise InputError(
                    f"the tap at {path!r} never fired: the network does not pass it by",
                    where=f"tap {name}",
                    mend=_near(path, known),
                )


def _near(path: str, known: Iterable[str]) -> str:
    """A hint: the closest of all paths, or else the outermost ones, since there may be a hundred."""
    paths = [name for name in known if name]
    hint = did_you_mean(path, paths)
    return hint if hint.startswith("Did") else did_you_mean(path, [name for name in paths if name.count(".") < 2])


def network_of(model: nn.Module) -> nn.Module:
    """The network that paths are given in: a recogniser's own, or the model itself.

    Raises:
        InputError: an ensemble, which has several.
    """
    if not isinstance(model, Recogniser):
        return model
    if len(model.members) != 1:
        raise InputError("an ensemble has no single network to tap", mend="Leave the forest out of the teacher")
    net = model.members[0].net
    assert isinstance(net, nn.Module)
    return net


def taps_of(model: nn.Module, declared: Mapping[str, str]) -> dict[str, str]:
    """The paths that a network names itself, as `anchor_0` and so on, and those that are declared."""
    several = isinstance(model, Recogniser) and len(model.members) > 1
    own: Sequence[str] = () if several else getattr(network_of(model), "anchor_paths", ())
    return {**{f"anchor_{number}": path for number, path in enumerate(own)}, **declared}
