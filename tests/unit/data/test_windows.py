import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from stillroom.base.errors import InputError
from stillroom.data.bank import bank_of
from stillroom.data.card import Card
from stillroom.data.recording import Span
from stillroom.data.windows import WindowConfig, cut

TWO_SECONDS = WindowConfig(window_s=2.0, stride_s=1.0)


def with_recording(dataset, **changes):
    first, *others = dataset.recordings
    return replace(dataset, recordings=(replace(first, **changes), *others))


def test_no_window_crosses_a_recording(make_dataset):
    index = cut(make_dataset(), TWO_SECONDS)
    ends = index.start + index.width
    assert (index.start >= index.offsets[index.recording]).all()
    assert (ends <= index.offsets[index.recording + 1]).all()


def test_no_window_crosses_a_gap(make_dataset):
    whole = make_dataset(people=3)
    length = whole.recordings[0].signal.shape[1]
    gap = with_recording(whole, segments=np.array([[0, 310], [333, length]]))
    index = cut(gap, TWO_SECONDS)
    inside = index.start[index.recording == 0]
    assert not ((inside < 333) & (inside + index.width > 310)).any()
    assert 333 in inside


def test_a_window_takes_the_label_that_holds_for_most_of_it(make_dataset):
    dataset = make_dataset(people=3)
    index = cut(dataset, TWO_SECONDS)
    codes = [recording.codes("activity", dataset.classes) for recording in dataset.recordings]
    for row in range(len(index)):
        first = index.start[row] - index.offsets[index.recording[row]]
        inside = codes[index.recording[row]][first : first + index.width]
        counts = np.bincount(inside[inside >= 0], minlength=3)
        assert counts[index.label[row]] == counts.max()
        assert index.purity[row] == pytest.approx(counts.max() / index.width)


def test_unlabelled_stretches_are_skipped(make_dataset):
    dataset = with_recording(make_dataset(people=3), tracks={"activity": (Span(0.0, 20.0, "slow"),)})
    index = cut(dataset, TWO_SECONDS)
    mine = index.recording == 0
    assert mine.any() and (index.start[mine] < 20 * 20).all()


def test_purity_keeps_only_windows_that_are_pure_enough(make_dataset):
    pure = cut(make_dataset(), WindowConfig(window_s=2.0, stride_s=0.5, purity=1.0))
    loose = cut(make_dataset(), WindowConfig(window_s=2.0, stride_s=0.5, purity=0.5))
    assert (pure.purity == 1.0).all() and len(pure) < len(loose)


def test_rare_classes_are_set_aside_by_name(make_dataset):
    dataset = make_dataset(people=3, seconds=20.0)
    few = tuple(
        replace(r, tracks={"activity": (*r.tracks["activity"][:2], Span(40.0, 43.0, "still"))})
        for r in dataset.recordings
    )
    index = cut(replace(dataset, recordings=few), WindowConfig(window_s=2.0, stride_s=1.0, min_windows=10))
    assert index.classes == ("slow", "brisk") and set(index.set_aside) == {"still"}
    assert set(np.unique(index.label)) == {0, 1}


def test_windows_longer_than_every_recording_are_refused(make_dataset):
    with pytest.raises(InputError, match=r"no window of 300 s.*longest recording lasts 60"):
        cut(make_dataset(), WindowConfig(window_s=300.0, stride_s=1.0))


def test_a_bank_gives_the_recordings_samples_back(make_dataset):
    dataset = make_dataset(people=3)
    bank, index = bank_of(dataset.recordings, dataset.layout), cut(dataset, TWO_SECONDS)
    ids = np.array([0, 7, len(index) - 1])
    for window, row in zip(bank.gather(index.start[ids], index.width), ids, strict=True):
        number = index.recording[row]
        first = index.start[row] - index.offsets[number]
        assert np.array_equal(window, dataset.recordings[number].signal[:, first : first + index.width])


def test_windows_are_views_of_the_bank(make_dataset):
    bank = bank_of(make_dataset().recordings, make_dataset().layout)
    windows = bank.windows(40)
    assert np.shares_memory(windows, bank.signal) and not windows.flags.writeable


def test_ten_times_the_windows_cost_the_index_alone(make_dataset):
    dataset = make_dataset(people=3, seconds=60.0)

    def grown(stride_s):
        tracemalloc.start()
        index = cut(dataset, WindowConfig(window_s=2.0, stride_s=stride_s))
        kept = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return kept, len(index)

    (few_bytes, few), (many_bytes, many) = grown(2.0), grown(0.2)
    assert many > 9 * few
    assert many_bytes - few_bytes < 64 * (many - few)  # a copied window would be 12 channels x 40 samples x 4 bytes


@pytest.mark.parametrize(("asked", "meant"), [((0, 0), (5, 1)), ((3, 0), (3, 1.5)), ((0, 2), (5, 2)), ((3, 2), (3, 2))])
def test_what_is_left_open_of_a_window_is_the_set_s_own(asked: tuple[float, float], meant: tuple[float, float]) -> None:
    card = Card(name="x", title="x", licence="x", rate_hz=50.0, window_s=5.0, stride_s=1.0)
    assert card.windows_s(*asked) == meant
