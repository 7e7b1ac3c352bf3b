"""Teachers made of several members: a network and a forest, mixed by what validation people say."""

from __future__ import annotations

from stillroom.models.recogniser import Member, Recogniser
from stillroom.training.scoring import Scored, macro_f1_by_unit, probabilities
from stillroom.training.views import View

SHARES = (1.0, 0.75, 0.5, 0.25)


def mix_with_forest(network: Recogniser, forest: Recogniser, view: View, validation: Scored) -> Recogniser:
    """A teacher of a network and a forest.

    The network's share is the one of `SHARES` with the best mean macro-F1 over validation people; the larger
    share wins a tie, and with the whole share the forest is left out.
    """
    ours, trees = (probabilities(model, view, validation.ids) for model in (network, forest))
    best = max(SHARES, key=lambda share: macro_f1_by_unit(share * ours + (1 - share) * trees, validation))
    if best == 1.0:
        return network
    members = [member for model in (network, forest) for member in model.members if isinstance(member, Member)]
    return Recogniser(network.interface, members, [best, 1 - best]).to(view.device).eval()
