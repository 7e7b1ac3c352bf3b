"""Densities by activity and spectrograms: what is drawn is what was given, and the title's finding follows from it."""

import json
from typing import Any

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.figures import spectra
from stillroom.figures.palette import activity_colours
from stillroom.figures.spectra import Spread
from stillroom.figures.spectrogram import spectrogram
from stillroom.figures.theme import DARK, Look, ink_of

looks = pytest.mark.parametrize(
    "look", [Look(), DARK, Look(narrow=True), Look(dark=True, narrow=True)], ids=["light", "dark", "narrow", "both"]
)
CLASSES = ("pick", "tape <b>box</b>", "scan & sign")
HERTZ = np.arange(0, 12.75, 0.25)
BANDS = [(0.0, 10.0, "pick"), (12.0, 30.0, "tape <b>box</b>")]
HUM = 30  # the bin of 7.5 Hz


def _spreads(people: int = 5) -> dict[str, Spread]:
    """Alike but for one class's hum."""
    found = {}
    for number, name in enumerate(CLASSES):
        mean = 1 / (1 + HERTZ**2)
        if number == 1:
            mean[HUM] = 10.0
        found[name] = Spread(mean, 0.5 * mean if people > 1 else None, 2 * mean if people > 1 else None, people)
    return found


def _drawn(spreads: Any = None, **more: Any) -> Any:
    usual: dict[str, Any] = {"channel": "right_wrist.acc.x", "unit": "m/s²", "origin": "Made up & simulated"}
    return spectra.by_class(HERTZ, _spreads() if spreads is None else spreads, CLASSES, **usual | more)


def _means(figure: Any) -> list[Any]:
    return [trace for trace in figure.data if trace.hovertemplate]


def _luminance(colour: str) -> float:
    shown = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return float(np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def _contrast(one: str, other: str) -> float:
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


@looks
@pytest.mark.parametrize("decibel", [True, False])
def test_lines_and_bands_are_the_densities(check, look: Look, decibel: bool) -> None:
    figure = check(_drawn(decibel=decibel, look=look))
    for line, one, name in zip(_means(figure), _spreads().values(), CLASSES, strict=True):
        given = [np.asarray(part)[1:] for part in (one.mean, one.low, one.high)]
        wanted = [10 * np.log10(part) if decibel else part for part in given]
        low, high = [trace for trace in figure.data if trace.xaxis == line.xaxis and trace.line.width == 0]
        for trace, values in zip((line, low, high), wanted, strict=True):
            np.testing.assert_allclose(trace.y, values)
            np.testing.assert_allclose(trace.x, HERTZ[1:])
        assert line.line.color == activity_colours(CLASSES, not look.dark)[name]
        assert _contrast(line.line.color, ink_of(look).plot) >= 3


@looks
def test_each_panel_names_its_class_and_shows_all_of_it(check, look: Look) -> None:
    for decibel in (True, False):
        figure = check(_drawn(decibel=decibel, look=look))
        for line, name in zip(_means(figure), ("pick", "tape &lt;b&gt;box&lt;/b&gt;", "scan &amp; sign"), strict=True):
            axis = line.yaxis.replace("y", "yaxis")
            low, high = figure.layout[axis].range
            band = [trace for trace in figure.data if trace.xaxis == line.xaxis and trace.fill]
            assert low <= min(line.y) and max(band[0].y) < high
            across = line.xaxis + " domain"
            assert [note.text for note in figure.layout.annotations if note.xref == across] == [f"<b>{name}</b>"]
            axis = figure.layout[line.xaxis.replace("x", "xaxis")]
            lowest = name != "pick" or not look.narrow
            assert (axis.title.text == "Hz") == lowest and bool(axis.showticklabels) is lowest


def test_the_other_activities_stand_behind(check) -> None:
    first = check(_drawn(decibel=False)).data[0]
    behind = np.split(np.asarray(first.y, dtype=float), np.flatnonzero(np.isnan(first.y)) + 1)
    means = [np.asarray(one.mean)[1:] for one in list(_spreads().values())[1:]]
    for part, mean in zip(behind[:-1], means, strict=True):
        np.testing.assert_allclose(part[:-1], mean)


def test_the_title_names_who_stands_out_where(check) -> None:
    figure = check(_drawn())
    lead = 10 * np.log10(10 * (1 + HERTZ[HUM] ** 2))
    said = f"Right wrist acc x: tape <b>box</b> stands out at 7.5 Hz, {lead:.0f} dB above the mean of"
    assert figure.layout.meta["alt"].startswith(said)
    assert _drawn(title="A title").layout.meta["alt"] == "A title"
    one = {"pick": _spreads()["pick"]}
    assert _drawn(one).layout.meta["alt"].endswith("pick is strongest at 0.25 Hz")
    still = {"pick": Spread(np.zeros(len(HERTZ)), None, None, 1)}
    assert check(_drawn(still)).layout.meta["alt"].endswith("it never moves")


def test_one_person_has_no_band(check) -> None:
    figure = check(_drawn(_spreads(people=1)))
    assert not [trace for trace in figure.data if trace.fill]
    assert "1 person, no band" in figure.layout.title.subtitle.text
    mixed = _spreads() | {"pick": _spreads(people=1)["pick"]}
    assert "1 to 5 people" in check(_drawn(mixed)).layout.title.subtitle.text


def test_many_classes_and_bins_stay_thin(check) -> None:
    hertz = np.arange(2001) / 40
    names = [f"class {number}" for number in range(19)]
    spreads = {name: Spread(np.random.default_rng(0).gamma(2, size=2001), None, None, 1) for name in names}
    figure = check(spectra.by_class(hertz, spreads, names, channel="a.acc.x", unit="m/s²", origin="Made up"))
    assert len(_means(figure)) == 19


@pytest.mark.parametrize(
    ("spreads", "said"),
    [
        ({}, "no density"),
        ({"juggle": _spreads()["pick"]}, "of no class: juggle"),
        ({"pick": Spread(np.ones(4), None, None, 1)}, r"shapes \(4,\) for 51 bins"),
        ({"pick": Spread(np.full(51, np.nan), None, None, 1)}, r"for 51 bins"),
        ({"pick": Spread(np.ones(51), np.ones(50), np.ones(51), 2)}, r"\(51,\), \(50,\), \(51,\)"),
    ],
)
def test_densities_that_cannot_be_drawn_are_refused(spreads: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _drawn(spreads)


def _gram(seconds: Any = None, density: Any = None, **more: Any) -> Any:
    moments = np.arange(1.0, 40.0, 0.5) if seconds is None else np.asarray(seconds)
    power = np.ones((len(HERTZ), len(moments))) if density is None else density
    usual: dict[str, Any] = {"channel": "right_wrist.acc.x", "unit": "m/s²", "origin": "Made up & simulated"}
    return spectrogram(HERTZ, moments, power, **usual | more)


def _map(figure: Any) -> Any:
    return next(trace for trace in figure.data if trace.type == "heatmap")


@looks
def test_a_spectrogram_shows_power_and_what_was_done(check, look: Look) -> None:
    density = np.random.default_rng(0).gamma(2.0, size=(len(HERTZ), 78))
    figure = check(_gram(density=density, bands=BANDS, look=look))
    cells = _map(figure)
    np.testing.assert_allclose(cells.z, 10 * np.log10(density[1:]), atol=0.051)
    np.testing.assert_allclose(cells.y, HERTZ[1:])
    np.testing.assert_allclose(cells.x, np.arange(1.0, 40.0, 0.5))
    colours = activity_colours([label for _, _, label in BANDS], look.dark)
    assert list(figure.data[0].marker.color) == list(colours.values()), "the ribbon"
    keys = {trace.name: trace.marker.color for trace in figure.data if trace.showlegend}
    assert list(keys.values()) == list(colours.values())
    assert figure.layout.legend.y < 0, "the names stand below"


def test_colours_are_the_data_sets_and_not_the_recordings(check) -> None:
    figure = check(_gram(bands=BANDS[1:], classes=CLASSES))
    assert list(figure.data[0].marker.color) == [activity_colours(CLASSES, False)["tape <b>box</b>"]]


def test_without_labels_there_is_no_ribbon(check) -> None:
    figure = check(_gram())
    assert len(figure.data) == 1 and "none marked" in figure.layout.meta["alt"]
    assert not figure.layout.showlegend


def test_a_pause_stays_empty_and_takes_no_neighbour_with_it(check) -> None:
    cells = _map(check(_gram(seconds=[1, 2, 3, 4, 30, 31, 32])))
    x, empty = np.asarray(cells.x, dtype=float), np.isnan(np.asarray(cells.z, dtype=float)).all(axis=0)
    assert x[empty].tolist() == [5.0, 29.0]
    assert x[~empty].tolist() == [1, 2, 3, 4, 30, 31, 32]


def test_a_long_recording_is_pooled_and_loses_no_power(check) -> None:
    density = np.random.default_rng(1).gamma(0.3, size=(len(HERTZ), 7000))
    figure = check(_gram(seconds=np.arange(7000.0), density=density))
    cells = np.asarray(_map(figure).z, dtype=float)
    assert cells.shape[1] == 700
    floor = 10 * np.log10(density[1:].reshape(len(HERTZ) - 1, 700, 10).mean(axis=2).max()) - spectra.DEEP_DB
    reference = 10 * np.log10(density[1:].reshape(len(HERTZ) - 1, 700, 10).mean(axis=2))
    np.testing.assert_allclose(cells, np.maximum(reference, floor), atol=0.051)
    assert len(json.dumps(figure.to_json())) < 1_500_000


def test_a_zoom_shows_its_moments_alone(check) -> None:
    figure = check(_gram(bands=BANDS, between_s=(11, 20)))
    assert min(_map(figure).x) == 11 and max(_map(figure).x) == 20
    assert "pick" not in figure.layout.meta["alt"]


def test_the_title_says_below_what_most_of_the_power_lies(check) -> None:
    density = np.zeros((len(HERTZ), 78))
    density[0], density[8], density[20] = 1e6, 85, 15  # 0 Hz does not count; 2 Hz; 5 Hz
    assert "90% of the power lies below 5.12 Hz" in check(_gram(density=density)).layout.meta["alt"]
    density[8] = 95
    density[20] = 5
    assert "lies below 2.12 Hz" in check(_gram(density=density)).layout.meta["alt"]
    assert "it never moves" in check(_gram(density=np.zeros_like(density))).layout.meta["alt"]


def test_one_moment_is_shown_and_none_is_refused(check) -> None:
    check(_gram(seconds=[1.0]))
    for more in ({"seconds": []}, {"between_s": (100.0, 110.0)}):
        with pytest.raises(InputError, match="no moment"):
            _gram(**more)
    with pytest.raises(InputError, match="for 51 bins and 78 moments"):
        _gram(density=np.ones((78, 51)))


def test_the_channels_and_activities_of_a_user_are_no_markup(check) -> None:
    figure = check(_gram(channel="<i>a</i>.acc.x", bands=[(0.0, 5.0, "<b>x</b>"), (5.0, 6.0, "y")]))
    shown = json.loads(figure.to_json())
    del shown["layout"]["meta"]
    assert "<i>" not in json.dumps(shown) and "<b>x" not in json.dumps(shown)


@pytest.mark.parametrize("dark", [False, True])
def test_lightness_alone_orders_the_colour_scale(dark: bool) -> None:
    colours = [colour for _, colour in spectra.ramp(Look(dark=dark))]
    steps = np.diff([_luminance(colour) for colour in colours])
    assert (steps > 0).all() if dark else (steps < 0).all()
    assert colours[0] == ink_of(Look(dark=dark)).paper, "nothing is the ground"
