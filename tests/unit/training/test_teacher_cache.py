import numpy as np
import pytest
import torch

from stillroom.base.events import silent
from stillroom.training.loop import TrainingConfig, train
from stillroom.training.targets import GROUP, Panel, Teachers, one_teacher
from stillroom.training.teacher_cache import CacheConfig, CachedTargets, cached

KD = {"cross_entropy": {"weight": 0.5}, "hinton": {"weight": 0.5, "temperature": 2.0}}


def build(made, folder, *, teachers=None, epochs=50, emit=silent, **config):
    teachers = teachers or one_teacher(made.teacher(), len(made.index), made.teacher_view)
    return cached(
        teachers, made.fold.train, index_key=made.index.key(), epochs=epochs, folder=folder,
        config=CacheConfig(**{"mode": "on", "dtype": "float32", **config}), emit=emit,
    )  # fmt: skip


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-6), ("float16", 1e-3)])
def test_cached_equals_online_for_every_view(bench, tmp_path, dtype, tolerance):
    made = bench()
    online = one_teacher(made.teacher(), len(made.index), made.teacher_view)
    kept = build(made, tmp_path, teachers=online, dtype=dtype)
    ids = made.fold.train[[5, 0, 17, 3]]
    for view in range(3):
        ours, theirs = kept.get(ids, view), online.get(ids, view)
        assert set(ours) == set(theirs) > {"logits", "representation", "attention", "causal", GROUP}
        for name, answer in ours.items():
            assert torch.allclose(answer, theirs[name], rtol=tolerance, atol=tolerance), name


def test_a_student_taught_from_the_cache_is_the_one_taught_online(bench, tmp_path):
    made = bench()
    online = one_teacher(made.teacher(), len(made.index), made.teacher_view)
    students = []
    for name, targets in (("online", online), ("kept", build(made, tmp_path, teachers=online))):
        student = made.student()
        config = TrainingConfig(epochs=3, batch=16)
        train(
            student,
            made.job(KD, Panel({"teacher": targets})),
            config,
            checkpoint=tmp_path / name,
            emit=silent,
            stop=lambda: False,
        )
        students.append(student)
    ours, theirs = (student.state_dict() for student in students)
    apart = {name: (ours[name].double() - theirs[name].double()).abs().max().item() for name in ours}
    assert max(apart.values()) <= 1e-6, apart


def test_another_teacher_rebuilds_a_stale_cache(bench, tmp_path):
    made = bench()
    first = build(made, tmp_path)
    teacher = made.teacher()
    with torch.no_grad():
        teacher.members[0].net.head.bias += 1.0
    second = build(made, tmp_path, teachers=one_teacher(teacher, len(made.index), made.teacher_view))
    ids = made.fold.train[:4]
    assert torch.allclose(second.get(ids, 0)["logits"], first.get(ids, 0)["logits"] + 1.0, atol=1e-5)


def test_a_fresh_cache_is_read_not_rebuilt(bench, tmp_path):
    made = bench()
    build(made, tmp_path)
    before = (tmp_path / "logits.npy").stat().st_mtime_ns
    build(made, tmp_path)
    assert (tmp_path / "logits.npy").stat().st_mtime_ns == before


def test_an_interrupted_build_is_never_taken_for_whole(bench, tmp_path):
    made = bench()
    build(made, tmp_path)
    whole = build(made, tmp_path).get(made.fold.train, 0)["logits"]
    (tmp_path / "key.json").unlink()
    np.load(tmp_path / "logits.npy", mmap_mode="r+")[:] = 7.0
    assert torch.equal(build(made, tmp_path).get(made.fold.train, 0)["logits"], whole)


def test_it_stays_off_where_it_does_not_pay_and_says_so(bench, tmp_path):
    heard = []
    targets = build(bench(), tmp_path, mode="auto", epochs=3, emit=heard.append)
    assert not isinstance(targets, CachedTargets) and not (tmp_path / "logits.npy").exists()
    assert [event.kind for event in heard] == ["cache.off"] and "3 epochs" in heard[0].message


def test_it_goes_on_where_it_pays_and_says_why(bench, tmp_path):
    heard = []
    assert isinstance(build(bench(), tmp_path, mode="auto", epochs=500, emit=heard.append), CachedTargets)
    assert heard[0].kind == "cache.on" and "cheaper" in heard[0].message


def test_cross_fitted_targets_come_from_the_teacher_that_never_saw_the_person(bench, tmp_path):
    made = bench()
    one, two = made.teacher(), made.teacher()
    with torch.no_grad():
        two.members[0].net.head.bias += 3.0
    of_window = (made.index.person == made.index.people.index("p4")).astype(np.int64)
    teachers = Teachers([one, two], of_window, made.teacher_view)
    kept = build(made, tmp_path, teachers=teachers)
    ids = made.fold.train
    plain = one_teacher(one, len(made.index), made.teacher_view).get(ids, 1)["logits"]
    expected = plain + 3.0 * torch.from_numpy(of_window[ids])[:, None]
    for targets in (teachers, kept):
        assert torch.allclose(targets.get(ids, 1)["logits"], expected, atol=1e-5)


def test_large_logits_survive_half_precision(bench, tmp_path):
    made = bench()
    teacher = made.teacher()
    with torch.no_grad():
        teacher.members[0].net.head.bias += 1e6
    kept = build(made, tmp_path, teachers=one_teacher(teacher, len(made.index), made.teacher_view), dtype="float16")
    assert torch.isfinite(kept.get(made.fold.train, 0)["logits"]).all()
