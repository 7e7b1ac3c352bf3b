"""Attributions find causes that were planted, are exact where that can be worked out, and keep within their batch."""

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.explain.asking import quiet
from stillroom.explain.attribution import METHODS, attribute
from stillroom.explain.groups import importance, magnitude, members, signed
from stillroom.explain.methods.removal import parts, patches
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout

EVERY = {
    "integrated_gradients": {"steps": 8},
    "gradient_shap": {"draws": 8},
    "occlusion": {},
    "feature_ablation": {"by": "sensor x time"},
}
every = pytest.mark.parametrize("method", sorted(EVERY))
SMALL = Layout(channels=(*sensor_channels("torso", "acc", 10.0), *sensor_channels("torso", "quat", 10.0)))
DRAW = torch.Generator().manual_seed(3)
WEIGHTS = torch.randn(3, 7, 20, generator=DRAW)
X, B = torch.randn(5, 7, 20, generator=DRAW), torch.randn(5, 7, 20, generator=DRAW)
TARGETS = torch.tensor([0, 1, 2, 1, 0])
# the contrast of a linear model is linear, with these weights
PULL = WEIGHTS[TARGETS] - (WEIGHTS.sum(0) - WEIGHTS[TARGETS]) / 2


def linear(x):
    return torch.einsum("bct,kct->bk", x, WEIGHTS)


def test_every_method_is_tried_here():
    assert set(METHODS) == set(EVERY)


def explained(world, method, **settings):
    return attribute(
        method, world.net, world.windows, world.label, world.baseline, world.layout, **(settings or EVERY[method])
    )


@every
@pytest.mark.parametrize(("name", "cause"), [("buzz", "right_wrist.acc"), ("sway", "torso.gyro")])
def test_the_planted_sensor_comes_first_and_the_loud_decoy_does_not(world, method, name, cause):
    few = world.only(name)
    found = explained(few, method)
    told = importance(magnitude(found, few.layout), few.layout.sensors, few.person)
    shares = {one.name: one.importance for one in told}
    assert max(shares, key=shares.get) == cause and shares[cause] > 0.7
    assert shares["left_wrist.acc"] < 0.2, "the decoy"
    assert signed(found, few.layout)[:, few.layout.sensors.index(cause)].min() > 0, "it speaks for its class"


@pytest.mark.parametrize("by", ["sensor", "channel"])
def test_ablation_finds_the_planted_sensor(world, by):
    few = world.only("buzz")
    found = signed(explained(few, "feature_ablation", by=by), few.layout).mean(axis=0)
    assert few.layout.sensors[int(found.argmax())] == "right_wrist.acc" and found.max() > 5 * np.sort(found)[-2]


@pytest.mark.parametrize(("method", "by"), [("occlusion", "all"), ("feature_ablation", "time")])
def test_removal_finds_when_it_happened(world, method, by):
    when = explained(world.only("buzz"), method, by=by).abs().sum(dim=(0, 1))
    assert 48 <= int(when.argmax()) < 72
    assert when[44:76].sum() > 0.85 * when.sum(), "half a patch around it included"


@every
def test_what_never_moves_gets_nothing_at_all(world, method):
    few, still = world.only("sway"), world.layout.names.index("torso.gyro.z")
    near = few.baseline.clone()
    near[still] = torch.nextafter(few.windows[0, still], torch.tensor(9.0))
    assert (near != few.windows)[:, still].all(), "a mean that misses the value by the last bit"
    found = attribute(method, few.net, few.windows, few.label, near, few.layout, **EVERY[method])
    assert found[:, still].abs().max() == 0
    assert found[:, world.layout.names.index("torso.gyro.x")].abs().max() > 0


def test_of_a_linear_model_integrated_gradients_and_gradient_shap_are_exact():
    for method in ("integrated_gradients", "gradient_shap"):
        found = attribute(method, linear, X, TARGETS, B, SMALL, batch=3, **EVERY[method])
        assert torch.allclose(found, PULL * (X - B), atol=1e-5), method


def test_the_logit_alone_can_be_explained():
    found = attribute("integrated_gradients", linear, X, TARGETS, B, SMALL, score="logit")
    assert torch.allclose(found, WEIGHTS[TARGETS] * (X - B), atol=1e-5)


@pytest.mark.parametrize("by", ["channel", "sensor", "site", "time", "sensor x time"])
def test_of_a_linear_model_ablation_is_the_exact_sum_over_each_part(by):
    found = attribute("feature_ablation", linear, X, TARGETS, B, SMALL, by=by, blocks=4, batch=8)
    part = parts(SMALL, 20, by, blocks=4)
    for one in range(int(part.max()) + 1):
        here = part == one
        exact = (PULL * (X - B))[:, here].sum(1)
        assert torch.allclose(found[:, here].sum(1), exact, atol=1e-4)
        assert torch.allclose(found[:, here], (exact / here.sum())[:, None].expand(-1, int(here.sum())), atol=1e-4)


def test_a_fall_is_shared_out_among_what_was_changed_alone():
    still = torch.where(torch.arange(20) < 5, X, B)
    found = attribute("feature_ablation", linear, still, TARGETS, B, SMALL, by="channel")
    exact = (PULL * (still - B))[..., :5].sum(2)
    assert torch.allclose(found[..., :5], exact[..., None].expand(-1, -1, 5) / 5, atol=1e-5)
    assert found[..., 5:].abs().max() == 0


def test_occlusion_without_overlap_is_ablation_by_sensor_and_time():
    slid = attribute("occlusion", linear, X, TARGETS, B, SMALL, patch=5, stride=5)
    cut = attribute("feature_ablation", linear, X, TARGETS, B, SMALL, by="sensor x time", blocks=4)
    assert torch.allclose(slid, cut, atol=1e-5)


def test_overlapping_patches_are_averaged_as_captum_averages_them():
    from captum.attr import Occlusion as Captum

    def pull(x):
        return (PULL * x).sum((1, 2))

    ours = attribute("occlusion", linear, X, TARGETS, B, SMALL, by="channel", patch=6, stride=2)
    theirs = Captum(pull).attribute(X, (1, 6), strides=(1, 2), baselines=B)
    assert torch.allclose(ours, theirs / 6, atol=1e-5)


@pytest.mark.parametrize(("width", "patch", "stride"), [(20, 6, None), (20, 6, 4), (21, 5, 9), (3, 8, None), (7, 1, 1)])
def test_patches_cover_the_window_and_are_equally_long(width, patch, stride):
    spans = patches(width, patch, stride)
    assert {span.stop - span.start for span in spans} == {min(patch, width)}
    assert set().union(*(range(span.start, span.stop) for span in spans)) == set(range(width))


@every
def test_the_model_is_never_asked_more_than_the_batch_at_once(world, method):
    rows = []

    def ask(x):
        rows.append(len(x))
        return world.net(x)

    few = world.only("buzz", 11)
    attribute(method, ask, few.windows, few.label, few.baseline, few.layout, batch=4, **EVERY[method])
    assert max(rows) <= 4


@every
def test_batches_and_order_change_nothing(world, method):
    few = world.only("buzz", 7)
    whole, small = (explained(few, method, batch=batch, **EVERY[method]) for batch in (64, 3))
    assert torch.allclose(whole, small, atol=1e-3 * float(whole.abs().max()))


def test_gradient_shap_draws_the_same_twice_and_leaves_the_process_s_generators_alone(world):
    few = world.only("buzz", 5)
    torch.manual_seed(11)
    np.random.seed(12)  # noqa: NPY002
    expected = (torch.get_rng_state(), np.random.get_state()[1].tolist())  # noqa: NPY002
    first = explained(few, "gradient_shap", draws=4, seed=1)
    torch.rand(3)
    np.random.rand(3)  # noqa: NPY002
    second, other = (explained(few, "gradient_shap", draws=4, seed=seed) for seed in (1, 2))
    assert torch.equal(first, second) and not torch.equal(first, other)
    torch.manual_seed(11)
    np.random.seed(12)  # noqa: NPY002
    explained(few, "gradient_shap", draws=4)
    assert torch.equal(torch.get_rng_state(), expected[0])
    assert np.random.get_state()[1].tolist() == expected[1]  # noqa: NPY002


def test_gradient_shap_with_references_is_the_mean_over_them():
    two = torch.stack([torch.zeros(7, 20), torch.ones(7, 20)])
    found = attribute("gradient_shap", linear, X, TARGETS, B, SMALL, references=two, draws=400)
    share = ((X - found / PULL)[PULL.abs() > 0.1]).mean()
    assert share == pytest.approx(0.5, abs=0.05), "half of the draws from each"
    own = attribute("gradient_shap", linear, X, TARGETS, B, SMALL, draws=40)
    assert not torch.allclose(found, own)


@every
def test_a_model_in_training_is_put_into_evaluation_and_comes_back_untouched(world, method):
    few = world.only("buzz", 4)
    net = type(world.net)(world.mean, world.sd).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with quiet(net):
        attribute(method, net, few.windows, few.label, few.baseline, few.layout, **EVERY[method])
    assert net.training and all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


@every
def test_progress_is_told_and_a_stop_is_heeded(world, method):
    few, heard = world.only("buzz", 9), []
    explained(few, method, batch=4, emit=heard.append, **EVERY[method])
    assert [(e.kind, e.data["done"], e.data["of"], e.data["part"]) for e in heard] == [
        ("explain.windows", done, 9, method) for done in (4, 8, 9)
    ]
    heard.clear()
    with pytest.raises(StoppedError, match="stopped on request"):
        explained(few, method, batch=4, emit=heard.append, stop=lambda: bool(heard), **EVERY[method])
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"method": "integrated_gradient"}, "unknown attribution method.*Did you mean integrated_gradients"),
        ({"steps": 0}, "steps: input should be greater"),
        ({"draws": 3}, "draws: extra inputs"),
        ({"windows": X + torch.nan}, "not finite"),
        ({"targets": TARGETS - 1}, "outside 0 to 2"),
        ({"baselines": B[:3]}, "baselines of shape"),
        ({"batch": 0}, "a batch of 0"),
        ({"ask": lambda x: linear(x).detach()}, r"no gradient.*forest.*Use occlusion"),
    ],
)
def test_what_cannot_be_explained_is_one_clear_error(changed, said):
    given = {
        "method": "integrated_gradients", "ask": linear, "windows": X, "targets": TARGETS, "baselines": B,
        "layout": SMALL,
    }  # fmt: skip
    with pytest.raises(InputError, match=said):
        attribute(**(given | changed))


def test_a_model_without_a_gradient_is_explained_by_removal():
    found = attribute("occlusion", lambda x: linear(x).detach(), X, TARGETS, B, SMALL)
    assert found.abs().max() > 0 and not found.requires_grad and found.dtype == torch.float32
    assert members(SMALL)[0] == ("torso.acc", "torso.quat")
