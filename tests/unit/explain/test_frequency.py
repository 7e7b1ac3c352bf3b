"""At which frequencies a model looks: planted bands are found, and the spectrum's attributions add up."""

import numpy as np
import pytest
import torch

from stillroom.base.errors import InputError, StoppedError
from stillroom.explain.asking import scores
from stillroom.explain.frequency import amplitude_attribution, band_occlusion, bands
from stillroom.explain.sanity import completeness_error

EDGES = (0.5, 2, 4, 6, 8, 12, 20)


def still(windows):
    return windows.mean(dim=2, keepdim=True).expand_as(windows)


@pytest.mark.parametrize("width", [80, 79])
def test_the_amplitudes_attributions_sum_to_what_movement_added(world, width):
    windows, label = world.windows[:12, :, :width], world.label[:12]
    found = amplitude_attribution(world.net, windows, label, steps=64, batch=5)
    assert found.shape == (12, 9, width // 2 + 1) and found[..., 0].abs().max() == 0
    assert completeness_error(world.net, windows, label, still(windows), found).overall < 0.02


@pytest.mark.parametrize("width", [12, 11])
def test_a_bin_s_attribution_is_its_amplitude_times_the_derivative_by_it(width):
    draw = torch.Generator().manual_seed(5)
    weights = torch.randn(3, 2, width, generator=draw, dtype=torch.float64)
    x = torch.randn(4, 2, width, generator=draw, dtype=torch.float64)
    targets = torch.tensor([0, 1, 2, 0])

    def ask(windows):
        return torch.einsum("bct,kct->bk", windows, weights)

    spectrum = torch.fft.rfft(x, dim=2)
    amplitude = spectrum.abs().requires_grad_()
    rebuilt = torch.fft.irfft(torch.polar(amplitude, spectrum.angle()), n=width, dim=2)
    ask(rebuilt).gather(1, targets[:, None]).sum().backward()
    exact = (amplitude * amplitude.grad).detach()
    found = amplitude_attribution(ask, x, targets, score="logit", steps=2)
    assert torch.allclose(found[..., 1:].double(), exact[..., 1:], atol=1e-5)


def test_the_planted_band_is_found_on_the_planted_sensor(world):
    few = world.only("buzz")
    hertz = torch.fft.rfftfreq(80, 1 / 40)
    found = amplitude_attribution(few.net, few.windows, few.label).abs().mean(dim=0)
    channel, bin_ = divmod(int(found.argmax()), len(hertz))
    assert few.layout.channels[channel].sensor == "right_wrist.acc" and 6 <= hertz[bin_] <= 8
    removed = bands(40.0, 80, EDGES)
    falls = band_occlusion(few.net, few.windows, few.label, few.layout, removed).mean(dim=0)
    group, band = divmod(int(falls.argmax()), len(removed))
    assert (few.layout.sensors[group], removed[band].name) == ("right_wrist.acc", "6-8 Hz")
    assert falls.max() > 5 * falls.flatten().sort().values[-2], "neither another band nor the decoy"


def test_without_a_band_the_score_is_that_of_filtered_windows(world):
    few = world.only("buzz", 6)
    (band,) = bands(40.0, 80, (6, 8))
    assert band.bins == (12, 13, 14, 15, 16), "the last band holds its upper edge"
    spectrum = torch.fft.rfft(few.windows, dim=2)
    spectrum[..., 12:17] = 0
    without = torch.fft.irfft(spectrum, n=80, dim=2)
    exact = scores(few.net, few.windows, few.label) - scores(few.net, without, few.label)
    found = band_occlusion(few.net, few.windows, few.label, few.layout, [band], by="all", batch=4)
    assert torch.allclose(found[:, 0, 0], exact, atol=1e-4)


def test_the_mean_is_never_removed_and_what_stands_still_gives_nothing(world):
    few = world.only("sway", 40)
    few.windows[:, few.layout.names.index("torso.gyro.z")] = torch.linspace(0.1, 9, 40)[:, None]
    assert (few.windows.mean(2) != few.windows[..., 0])[:, 8].any(), "a mean that misses the value by the last bit"
    everything = bands(40.0, 80, (0, 20))
    assert 0 not in everything[0].bins and len(everything[0].bins) == 40
    kept = []

    def ask(x):
        kept.append(x)
        return few.net(x)

    falls = band_occlusion(ask, few.windows, few.label, few.layout, everything, by="channel")
    assert all(torch.allclose(x.mean(2), few.windows.mean(2), atol=1e-4) for x in kept)
    assert falls[:, few.layout.names.index("torso.gyro.z")].abs().max() == 0
    odd = few.windows[..., :79]
    assert amplitude_attribution(few.net, odd, few.label)[:, 8].abs().max() == 0, "no rounding either"


def test_bands_hold_every_bin_but_the_mean_once():
    for width in (4, 5, 80, 125, 128):
        held = [one for band in bands(25.0, width) for one in band.bins]
        assert held == list(range(1, width // 2 + 1))
    assert [band.name for band in bands(16.0, 16)] == ["1-2 Hz", "2-4 Hz", "4-8 Hz"]


@pytest.mark.parametrize(
    ("edges", "said"), [((4, 2), "must rise"), ((3,), "must rise"), ((1.1, 1.2), "no bin lies"), ((30, 40), "no bin")]
)
def test_bands_that_a_window_cannot_tell_apart_are_refused(edges, said):
    with pytest.raises(InputError, match=said):
        bands(40.0, 80, edges)


def test_bands_of_another_window_are_refused_and_a_stop_is_heeded(world):
    few = world.only("buzz", 4)
    with pytest.raises(InputError, match="bands of another window"):
        band_occlusion(few.net, few.windows, few.label, few.layout, bands(40.0, 400))
    for work in (
        lambda: amplitude_attribution(few.net, few.windows, few.label, stop=lambda: True),
        lambda: band_occlusion(few.net, few.windows, few.label, few.layout, bands(40.0, 80), stop=lambda: True),
    ):
        with pytest.raises(StoppedError):
            work()


def test_both_keep_within_their_batch(world):
    few, rows = world.only("buzz", 9), []

    def ask(x):
        rows.append(len(x))
        return few.net(x)

    whole = amplitude_attribution(few.net, few.windows, few.label)
    assert torch.allclose(amplitude_attribution(ask, few.windows, few.label, batch=4), whole, atol=1e-3)
    band_occlusion(ask, few.windows, few.label, few.layout, bands(40.0, 80), batch=4)
    assert max(rows) <= 4 and np.isfinite(whole.numpy()).all()
