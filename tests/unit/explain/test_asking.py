"""A model that is asked holds still, and what is explained is said."""

import pytest
import torch
from torch import nn

from stillroom.base.errors import InputError
from stillroom.explain.asking import answers, predicted, probabilities, quiet, score_of, scores

X = torch.randn(7, 2, 16, generator=torch.Generator().manual_seed(0))


def _net() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3), nn.Dropout(), nn.Flatten(), nn.Linear(42, 4))


def test_a_quiet_model_keeps_its_buffers_and_is_given_back_as_it_was():
    net = _net()
    net[2].eval()
    net[0].bias.requires_grad_(False)
    modes = [module.training for module in net.modules()]
    flags = [parameter.requires_grad for parameter in net.parameters()]
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with quiet(net):
        assert not any(module.training for module in net.modules())
        assert not any(parameter.requires_grad for parameter in net.parameters())
        asked = X.clone().requires_grad_()
        net(asked).sum().backward()
        assert asked.grad is not None and all(parameter.grad is None for parameter in net.parameters())
    assert [module.training for module in net.modules()] == modes
    assert [parameter.requires_grad for parameter in net.parameters()] == flags
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


def test_a_model_that_moves_meanwhile_is_told_and_still_given_back():
    net = _net()
    with pytest.raises(RuntimeError, match=r"buffer 1\.running_mean changed"), quiet(net):
        net.train()(X)
    assert net.training and net[0].weight.requires_grad


def test_a_model_is_given_back_after_an_error():
    net = _net()
    with pytest.raises(ValueError, match="within"), quiet(net):
        raise ValueError("within")
    assert net.training and net[0].weight.requires_grad


def test_the_contrast_is_the_logit_less_the_mean_of_the_others_and_the_same_where_all_move_together():
    logits = torch.tensor([[1.0, 4.0, 2.0], [0.0, -1.0, 5.0]])
    targets = torch.tensor([1, 0])
    assert score_of(logits, targets).tolist() == [2.5, -2.0]
    assert torch.allclose(score_of(torch.log_softmax(logits, 1), targets), score_of(logits, targets), atol=1e-6)
    assert score_of(logits, targets, "logit").tolist() == [4.0, 0.0]
    assert score_of(logits[:, :1], torch.zeros(2, dtype=torch.int64)).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("code", [-1, 4])
def test_a_code_outside_the_classes_is_one_clear_error(code):
    with pytest.raises(InputError, match=r"outside 0 to 3.*Explain the predicted"):
        score_of(torch.zeros(1, 4), torch.tensor([code]))


def test_batches_change_no_answer_and_need_no_gradient():
    with quiet(net := _net()):
        whole, targets = net(X), torch.arange(7) % 4
        assert torch.allclose(answers(net, X, batch=2), whole, atol=1e-6)
        assert not answers(lambda x: net(x.requires_grad_()), X.clone()).requires_grad
        assert predicted(net, X, batch=3).tolist() == whole.argmax(1).tolist()
        assert torch.allclose(scores(net, X, targets, batch=3), score_of(whole, targets), atol=1e-6)
        share = whole.softmax(1).gather(1, targets[:, None])[:, 0]
        assert torch.allclose(probabilities(net, X, targets, batch=3), share, atol=1e-6)
