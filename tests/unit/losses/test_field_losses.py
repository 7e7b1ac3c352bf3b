"""The field's losses: each against a slow reference in Python's own floats, and what its paper promises of it."""

import math
from itertools import pairwise
from statistics import fmean, stdev

import pytest
import torch
from torch.nn.functional import adaptive_avg_pool1d, softplus

import stillroom.losses  # noqa: F401  (registers every term)
from stillroom.base.errors import InputError, StillroomError
from stillroom.losses.attention_transfer import attention_transfer
from stillroom.losses.compared import as_long
from stillroom.losses.correlation import correlation
from stillroom.losses.dist import correlation_distances
from stillroom.losses.dkd import decoupled
from stillroom.losses.fitnets import hint
from stillroom.losses.fsp import flow, fsp
from stillroom.losses.logit_std import logit_std
from stillroom.losses.nst import nst
from stillroom.losses.pkt import neighbours, pkt
from stillroom.losses.rkd import relations
from stillroom.losses.similarity import similarity
from stillroom.losses.term import TERMS, Evidence, Shapes
from stillroom.losses.vid import vid

BATCH, CLASSES, CHANNELS, WIDE, TIME = 5, 4, 3, 6, 8
LABEL = torch.tensor([3, 0, 1, 1, 2])


def drawn(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def rotation(seed, width):
    return torch.linalg.qr(drawn(seed, width, width))[0]


# --- slow references: lists of Python floats, one loop for each sum of the formula ---


def dot(one, other):
    return sum(x * y for x, y in zip(one, other, strict=True))


def unit(row):
    return [x / math.sqrt(dot(row, row)) for x in row]


def flat(sample):
    return [x for part in sample for x in flat(part)] if isinstance(sample, list) else [sample]


def shares(row, temperature=1.0):
    raised = [math.exp(x / temperature) for x in row]
    return [x / sum(raised) for x in raised]


def divergence(target, found):
    return sum(p * math.log(p / q) for p, q in zip(target, found, strict=True))


def slow_dkd(student, teacher, temperature=4.0):
    found = []
    for ours, theirs, label in zip(student, teacher, LABEL.tolist(), strict=True):
        binary, others = [], []
        for row in (theirs, ours):
            of_label = shares(row, temperature)[label]
            binary.append([of_label, 1 - of_label])
            others.append(shares([x for k, x in enumerate(row) if k != label], temperature))
        found.append(temperature**2 * (divergence(*binary) + 8 * divergence(*others)))
    return found


def pearson(one, other):
    left, right = [x - fmean(one) for x in one], [x - fmean(other) for x in other]
    return dot(left, right) / math.sqrt(dot(left, left) * dot(right, right))


def slow_dist(student, teacher, temperature=2.0):
    ours, theirs = ([shares(row, temperature) for row in one] for one in (student, teacher))
    over_classes = fmean(1 - pearson(*pair) for pair in zip(ours, theirs, strict=True))
    columns = zip(zip(*ours, strict=True), zip(*theirs, strict=True), strict=True)
    return over_classes + 3 * fmean(1 - pearson(*pair) for pair in columns)


def fast_dist(student, teacher):
    classes, samples = correlation_distances(student, teacher, temperature=2.0)
    return classes + 3 * samples


def fast_dkd(student, teacher):
    target, others = decoupled(student, teacher, LABEL, temperature=4.0)
    return target + 8 * others


def slow_logit_std(student, teacher, temperature=2.0):
    found = []
    for pair in zip(teacher, student, strict=True):
        scores = [[(x - fmean(row)) / (stdev(row) + 1e-7) for x in row] for row in pair]
        found.append(temperature**2 * divergence(*(shares(row, temperature) for row in scores)))
    return found


def slow_hint(student, teacher):
    pairs = zip(student, teacher, strict=True)
    return [fmean((a - b) ** 2 for a, b in zip(flat(s), flat(t), strict=True)) for s, t in pairs]


def slow_attention(student, teacher, variant):
    found = []
    for pair in zip(student, teacher, strict=True):
        ours, theirs = (unit([fmean(x * x for x in column) for column in zip(*f, strict=True)]) for f in pair)
        squares = [(a - b) ** 2 for a, b in zip(ours, theirs, strict=True)]
        found.append(math.sqrt(sum(squares)) if variant == "paper" else fmean(squares))
    return found


def slow_similarity(student, teacher, variant):
    made = []
    for features in (student, teacher):
        rows = [[dot(flat(a), flat(b)) for b in features] for a in features]
        made.append([unit(row) if variant == "paper" else [x / sum(map(abs, row)) for x in row] for row in rows])
    return fmean((a - b) ** 2 for a, b in zip(flat(made[0]), flat(made[1]), strict=True))


def huber(one, other):
    apart = abs(one - other)
    return apart**2 / 2 if apart < 1 else apart - 0.5


def slow_relations(student, teacher):
    """Angles from the differences themselves, not by the law of cosines."""
    distances, angles = [], []
    for features in (student, teacher):
        points = [flat(sample) for sample in features]
        apart = [[[b - a for a, b in zip(p, q, strict=True)] for q in points] for p in points]
        lengths = [[math.sqrt(dot(x, x)) for x in row] for row in apart]
        mean = fmean(x for x in flat(lengths) if x > 0)
        distances.append([x / mean for x in flat(lengths)])
        ways = [[unit(x) if any(x) else x for x in row] for row in apart]
        angles.append([dot(one, other) for row in ways for one in row for other in row])
    return [fmean(huber(a, b) for a, b in zip(*both, strict=True)) for both in (distances, angles)]


def slow_pkt(student, teacher):
    made = []
    for features in (student, teacher):
        units = [[x / (math.sqrt(dot(row, row)) + 1e-7) for x in row] for row in map(flat, features)]
        likeness = [[(dot(a, b) + 1) / 2 for b in units] for a in units]
        made.append([x / sum(row) for row in likeness for x in row])
    return fmean(t * math.log((t + 1e-7) / (s + 1e-7)) for s, t in zip(*made, strict=True))


def slow_nst(student, teacher):
    found = []
    for pair in zip(student, teacher, strict=True):
        ours, theirs = ([unit(channel) for channel in features] for features in pair)
        kernel = {
            name: fmean(dot(a, b) ** 2 for a in one for b in other)
            for name, one, other in (("ss", ours, ours), ("tt", theirs, theirs), ("st", ours, theirs))
        }
        found.append(kernel["ss"] + kernel["tt"] - 2 * kernel["st"])
    return found


def slow_correlation(student, teacher, variant):
    ours, theirs = ([flat(sample) for sample in features] for features in (student, teacher))
    if variant == "repdistiller":
        apart = [[abs(a - b) for a, b in zip(s, t, strict=True)] for s, t in zip(ours, theirs, strict=True)]
        return fmean(dot(one, following) for one, following in pairwise(apart))
    made = []
    for rows in (ours, theirs):
        used = [unit(row) for row in rows] if variant == "kd_zoo" else rows
        products = [dot(a, b) for a in used for b in used]
        made.append([math.exp(-0.8) * sum((0.8 * x) ** p / math.factorial(p) for p in range(3)) for x in products])
    squares = [(a - b) ** 2 for a, b in zip(*made, strict=True)]
    return fmean(squares) if variant == "kd_zoo" else math.sqrt(sum(squares)) / len(ours) ** 2


def slow_fsp(student, teacher, variant):
    """Of one feature with itself reversed in channels and doubled."""
    found = []
    for pair in zip(student, teacher, strict=True):
        flows = [[[fmean(x * 2 * y for x, y in zip(a, b, strict=True)) for b in f[::-1]] for a in f] for f in pair]
        apart = [[a - b for a, b in zip(*rows, strict=True)] for rows in zip(*flows, strict=True)]
        lengths = [math.sqrt(dot(column, column)) for column in zip(*apart, strict=True)]
        found.append(sum(lengths) if variant == "torchdistill" else fmean(x * x for x in flat(apart)))
    return found


def fast_fsp(student, teacher, variant):
    return fsp(*(flow(one, 2 * one.flip(1)) for one in (student, teacher)), variant=variant)


VARIANCE = drawn(9, BATCH, CHANNELS, TIME).exp()


def slow_vid(mean, teacher):
    rows = zip(mean, teacher, VARIANCE.tolist(), strict=True)
    return [
        fmean(0.5 * ((m - t) ** 2 / v + math.log(v)) for m, t, v in zip(*map(flat, row), strict=True)) for row in rows
    ]


def fast_vid(mean, teacher):
    return vid(mean, VARIANCE, teacher)


def of_variant(fast, slow, variant):
    return lambda s, t: fast(s, t, variant=variant), lambda s, t: slow(s, t, variant)


LOGITS, POOLED, OVER_TIME = (CLASSES,), (CHANNELS,), (CHANNELS, TIME)
# name: fast, slow, shape of the student's, shape of the teacher's
REFERENCES = {
    "dkd": (fast_dkd, slow_dkd, LOGITS, LOGITS),
    "dist": (fast_dist, slow_dist, LOGITS, LOGITS),
    "logit_std": (lambda s, t: logit_std(s, t, temperature=2.0), slow_logit_std, LOGITS, LOGITS),
    "fitnets": (hint, slow_hint, OVER_TIME, OVER_TIME),
    "fitnets, pooled": (hint, slow_hint, POOLED, POOLED),
    "attention": (*of_variant(attention_transfer, slow_attention, "released"), OVER_TIME, (WIDE, TIME)),
    "attention, paper": (*of_variant(attention_transfer, slow_attention, "paper"), OVER_TIME, (WIDE, TIME)),
    "similarity": (*of_variant(similarity, slow_similarity, "paper"), OVER_TIME, (WIDE, 5)),
    "similarity, torchdistill": (*of_variant(similarity, slow_similarity, "torchdistill"), POOLED, (WIDE,)),
    "rkd, distances": (lambda s, t: relations(s, t)[0], lambda s, t: slow_relations(s, t)[0], POOLED, (WIDE,)),
    "rkd, angles": (lambda s, t: relations(s, t)[1], lambda s, t: slow_relations(s, t)[1], OVER_TIME, (WIDE, 5)),
    "pkt": (pkt, slow_pkt, OVER_TIME, (WIDE, 5)),
    "nst": (nst, slow_nst, OVER_TIME, (WIDE, TIME)),
    "correlation": (*of_variant(correlation, slow_correlation, "kd_zoo"), OVER_TIME, (WIDE, 5)),
    "correlation, torchdistill": (*of_variant(correlation, slow_correlation, "torchdistill"), POOLED, (WIDE,)),
    "correlation, repdistiller": (*of_variant(correlation, slow_correlation, "repdistiller"), OVER_TIME, OVER_TIME),
    "fsp": (*of_variant(fast_fsp, slow_fsp, "released"), OVER_TIME, OVER_TIME),
    "fsp, torchdistill": (*of_variant(fast_fsp, slow_fsp, "torchdistill"), OVER_TIME, OVER_TIME),
    "vid": (fast_vid, slow_vid, OVER_TIME, OVER_TIME),
}
EVERY = pytest.mark.parametrize("name", REFERENCES)


@EVERY
@pytest.mark.parametrize("seed", [0, 20, 40])
def test_it_is_its_formula(name, seed):
    fast, slow, ours, theirs = REFERENCES[name]
    student, teacher = drawn(seed, BATCH, *ours), 1.5 * drawn(seed + 1, BATCH, *theirs)
    expected = torch.tensor(slow(student.tolist(), teacher.tolist()), dtype=torch.float64)
    torch.testing.assert_close(fast(student, teacher), expected, atol=1e-12, rtol=1e-12)


@EVERY
def test_its_gradient_is_that_of_its_value(name):
    fast, _, ours, theirs = REFERENCES[name]
    student, teacher = drawn(2, BATCH, *ours).requires_grad_(), drawn(3, BATCH, *theirs)
    assert torch.autograd.gradcheck(lambda one: fast(one, teacher), student)


@pytest.mark.parametrize("name", [name for name in REFERENCES if name != "vid"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_nothing_and_moves_nothing_where_student_and_teacher_agree(name, dtype):
    fast, _, ours, _ = REFERENCES[name]
    teacher = drawn(4, BATCH, *ours, dtype=dtype)
    student = teacher.clone().requires_grad_()
    value = fast(student, teacher)
    value.mean().backward()
    tolerance = 1e-5 if dtype == torch.float32 else 1e-8 if name == "pkt" else 1e-13  # what it adds to shares
    assert value.abs().max() < tolerance and student.grad.abs().max() < tolerance


@EVERY
def test_no_gradient_reaches_the_teacher(name):
    fast, _, ours, theirs = REFERENCES[name]
    student, teacher = drawn(5, BATCH, *ours).requires_grad_(), drawn(6, BATCH, *theirs).requires_grad_()
    fast(student, teacher).mean().backward()
    assert teacher.grad is None and student.grad.abs().sum() > 0


@pytest.mark.parametrize("name", [name for name in REFERENCES if name not in ("dkd", "vid")])  # made for a whole batch
def test_values_are_of_a_sample_each_or_between_samples(name):
    """What is of a sample does not change with the others in its batch; what lies between them does."""
    fast, _, ours, theirs = REFERENCES[name]
    student, teacher = drawn(5, BATCH, *ours), drawn(6, BATCH, *theirs)
    whole, part = fast(student, teacher), fast(student[:3], teacher[:3])
    if whole.ndim:
        torch.testing.assert_close(part, whole[:3], atol=1e-13, rtol=1e-12)
    else:
        assert (whole - part).abs() > 1e-6


# --- what each paper promises ---


def unchanged(fast, student, teacher, other, tolerance=1e-12):
    """Another student is worth as much, and is not simply the same."""
    assert not torch.allclose(student, other)
    torch.testing.assert_close(fast(other, teacher), fast(student, teacher), atol=tolerance, rtol=tolerance)


def test_dkd_depends_on_differences_of_logits_alone():
    student, teacher = drawn(0, BATCH, CLASSES), drawn(1, BATCH, CLASSES)
    unchanged(fast_dkd, student, teacher, student + 3.7)


def test_dkd_of_two_classes_has_no_second_part():
    label = torch.tensor([0, 1, 1, 0, 1])
    target, others = decoupled(drawn(0, BATCH, 2), drawn(1, BATCH, 2), label, temperature=4.0)
    assert (others == 0).all() and (target > 0).all()


@pytest.mark.parametrize("gap", [200.0, 1e4])
def test_dkd_survives_gaps_at_which_a_share_is_zero_in_single_precision(gap):
    """`log(1 - p_y)` by way of the shares would be log 0 here."""
    teacher, label = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([0])
    student = torch.tensor([[gap, 1.0, 0.0]], requires_grad=True)
    target, others = decoupled(student, teacher, label, temperature=1.0)
    (target + others).sum().backward()
    rest = 1 - shares(teacher[0].tolist())[0]
    entropy = rest * math.log(rest) + (1 - rest) * math.log(1 - rest)
    expected = entropy - rest * (math.log(math.exp(1) + 1) - gap)
    assert target.item() == pytest.approx(expected, rel=1e-5)
    assert student.grad[0, 0].item() == pytest.approx(rest, rel=1e-5)


def test_dist_has_nothing_to_say_between_samples_where_there_is_one():
    student = drawn(0, 1, CLASSES).requires_grad_()
    classes, samples = correlation_distances(student, drawn(1, 1, CLASSES), temperature=2.0)
    (classes + samples).backward()
    assert samples == 0 and classes > 0 and torch.isfinite(student.grad).all()


def test_dist_asks_for_likeness_and_not_for_the_same_probabilities():
    teacher = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.2, 0.6, 0.2], [0.3, 0.3, 0.4]], dtype=torch.float64))
    student = torch.log(0.5 * teacher.exp() + 0.5 / 3)  # probabilities half as far from equal ones
    classes, samples = correlation_distances(student, teacher, temperature=1.0)
    assert classes.abs() < 1e-14 and samples.abs() < 1e-14
    assert 1.9 < correlation_distances(-3 * teacher, teacher, temperature=1.0)[0] <= 2


@pytest.mark.parametrize("same", [0.0, 5.0])
def test_dist_of_a_student_that_says_the_same_of_all_is_finite(same):
    student = torch.full((BATCH, 19), same, requires_grad=True)
    value = sum(correlation_distances(student, drawn(1, BATCH, 19, dtype=torch.float32), temperature=1.0))
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(student.grad).all() and student.grad.abs().max() < 1e6


def test_z_scores_take_the_scale_and_the_shift_away():
    student, teacher = drawn(0, BATCH, CLASSES), drawn(1, BATCH, CLASSES)
    unchanged(lambda s, t: logit_std(s, t, temperature=2.0), student, teacher, 5.3 * student - 2.0, 1e-6)


@pytest.mark.parametrize("variant", ["released", "paper"])
def test_attention_counts_when_and_neither_how_much_nor_in_which_channel(variant):
    student, teacher = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME)
    scale = drawn(2, BATCH, 1, 1).abs() + 0.1
    other = -scale * student[:, [2, 0, 1]]
    unchanged(lambda s, t: attention_transfer(s, t, variant=variant), student, teacher, other)


@pytest.mark.parametrize("variant", ["paper", "torchdistill"])
def test_similarity_survives_turning_and_scaling_the_features(variant):
    student, teacher = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, WIDE)
    unchanged(lambda s, t: similarity(s, t, variant=variant), student, teacher, 0.2 * student @ rotation(3, CHANNELS))


def test_relations_survive_moving_turning_and_scaling_the_features():
    student, teacher = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, WIDE)
    other = 3.0 * student @ rotation(3, CHANNELS) + 7.0
    unchanged(lambda s, t: torch.stack(relations(s, t)), student, teacher, other)


def test_relations_far_from_the_origin_are_as_exact():
    student, teacher = drawn(0, BATCH, CHANNELS, dtype=torch.float32), drawn(1, BATCH, CHANNELS, dtype=torch.float32)
    near = torch.stack(relations(student, teacher))
    torch.testing.assert_close(torch.stack(relations(student + 1000, teacher)), near, atol=1e-4, rtol=1e-3)


def test_samples_in_one_place_get_no_gradient_from_their_relation():
    still = torch.ones(BATCH, CHANNELS, requires_grad=True)
    sum(relations(still, drawn(1, BATCH, CHANNELS, dtype=torch.float32))).backward()
    assert (still.grad == 0).all()
    pair = drawn(0, BATCH, CHANNELS, dtype=torch.float32)
    pair[1] = pair[0]
    pair.requires_grad_()
    sum(relations(pair, drawn(1, BATCH, CHANNELS, dtype=torch.float32))).backward()
    assert torch.isfinite(pair.grad).all() and 0 < pair.grad.abs().max() < 1


def test_neighbourhoods_survive_turning_all_and_scaling_each():
    student, teacher = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, WIDE)
    other = (drawn(2, BATCH, 1).abs() + 0.5) * student @ rotation(3, CHANNELS)
    unchanged(pkt, student, teacher, other, 1e-6)  # 1e-7 is added to each length


def test_a_neighbourhood_is_a_distribution_in_which_a_sample_is_its_own_first_neighbour():
    found = neighbours(drawn(0, BATCH, CHANNELS, TIME))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(BATCH, dtype=torch.float64))
    assert (found >= 0).all() and (found.argmax(dim=1) == torch.arange(BATCH)).all()


def test_opposite_samples_are_finite_neighbours_however_their_cosine_is_rounded():
    """In single precision a cosine falls below -1 by more than what is added to the shares."""
    for seed in range(200):
        one = 1e4 * drawn(seed, 1, CHANNELS, dtype=torch.float32)
        student = torch.cat([one, -one]).requires_grad_()
        value = pkt(student, drawn(1, 2, CHANNELS, dtype=torch.float32))
        value.backward()
        assert torch.isfinite(value) and torch.isfinite(student.grad).all(), seed


def test_channels_are_a_set_in_nst():
    student, teacher = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME)
    other = student[:, [2, 0, 1]] * (drawn(2, BATCH, CHANNELS, 1).abs() + 0.1)
    unchanged(nst, student, teacher, other)


def test_nst_is_a_distance_of_sets():
    student, teacher = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME)
    assert (nst(student, teacher) > 0).all()
    assert nst(student, student.repeat(1, 2, 1)).abs().max() < 1e-14


def test_a_dead_channel_sends_no_gradient_in_nst():
    student = drawn(0, BATCH, CHANNELS, TIME, dtype=torch.float32)
    student[:, 1] = 0
    student.requires_grad_()
    nst(student, drawn(1, BATCH, WIDE, TIME, dtype=torch.float32)).sum().backward()
    assert torch.isfinite(student.grad).all() and (student.grad[:, 1] == 0).all()


def test_correlation_of_unit_features_survives_turning_all_and_scaling_each():
    student, teacher = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, WIDE)
    unchanged(correlation, student, teacher, (drawn(2, BATCH, 1).abs() + 0.5) * student @ rotation(3, CHANNELS))


def test_one_form_of_correlation_depends_on_the_order_of_the_batch():
    student, teacher, order = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, CHANNELS), [3, 0, 4, 1, 2]
    for variant, same in (("kd_zoo", True), ("torchdistill", True), ("repdistiller", False)):
        apart = correlation(student, teacher, variant=variant) - correlation(
            student[order], teacher[order], variant=variant
        )
        assert bool(apart.abs() < 1e-12) == same, variant


def test_raw_kernels_of_wide_and_large_features_do_not_overflow():
    student = (1e4 * drawn(0, BATCH, 256, dtype=torch.float32)).requires_grad_()
    value = correlation(student, drawn(1, BATCH, 256, dtype=torch.float32), variant="torchdistill")
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(student.grad).all()


def test_a_flow_does_not_ask_when():
    order = [3, 1, 7, 0, 2, 6, 4, 5]
    first, second = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME)
    torch.testing.assert_close(flow(first[:, :, order], second[:, :, order]), flow(first, second))


def test_a_surer_regressor_is_better_where_it_is_right_and_worse_where_it_is_wrong():
    teacher = drawn(0, BATCH, CHANNELS, TIME)
    for off, better in ((0.01, 0.1), (3.0, 9.0)):
        values = {v: vid(teacher + off, torch.full_like(teacher, v), teacher).mean().item() for v in (0.1, 1.0, 9.0)}
        assert min(values, key=values.get) == better


# --- the terms: connected, pooled, refused ---


def evidence(**parts):
    batch = len(next(iter(parts.values())))
    return Evidence(torch.zeros(batch, 2), torch.zeros(batch, 2), parts, torch.zeros(batch).long(), torch.ones(2))


def asked(term, student, teacher, groups=1, group=None):
    """The values of a term between two features, and its helper."""
    helper = term.helper(Shapes({"x": student.shape[1:]}, {"teacher.x": teacher.shape[1:]}, groups))
    if group is None:
        group = torch.zeros(len(student), dtype=torch.int64)
    prepared = term.prepare({"teacher.x": teacher, "teacher.group": group})
    return term.values(evidence(x=student), prepared, helper), helper


SETTINGS = {"fsp": {"of_end": "teacher.x"}}
FEATURES = ("fitnets", "attention_transfer", "similarity", "rkd", "pkt", "nst", "vid", "correlation")


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        *((name, *shapes) for name in FEATURES for shapes in [((3, 8), (6, 5)), ((6, 5), (3, 8))]),
        *((name, (3,), (6,)) for name in FEATURES if name not in ("attention_transfer", "nst")),
    ],
)
def test_channels_and_times_may_differ(name, ours, theirs):
    student = drawn(0, BATCH, *ours, dtype=torch.float32).requires_grad_()
    term = TERMS[name](of="teacher.x")
    found, _ = asked(term, student, drawn(1, BATCH, *theirs, dtype=torch.float32))
    found.mean().backward()
    assert found.shape == (() if term.between else (BATCH,))
    assert torch.isfinite(found).all() and student.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["fitnets", "attention_transfer", "nst", "fsp", "stage"])
@pytest.mark.parametrize("longer", ["student", "teacher"])
def test_time_is_pooled_and_channels_never_are(name, longer):
    """Each step twice: pooled over time it is the shorter feature again, and pooled over anything else it is not."""
    short = drawn(0, BATCH, CHANNELS, TIME)
    long = short.repeat_interleave(2, dim=2)
    student, teacher = (long, short) if longer == "student" else (short, long)
    found, _ = asked(TERMS[name](of="teacher.x", **SETTINGS.get(name, {})), student, teacher)
    assert found.shape == (BATCH,) and found.abs().max() < 1e-12
    mixed = teacher[:, [1, 2, 0]] * torch.tensor([1.0, 2.0, -1.0])[:, None]
    assert asked(TERMS["fitnets"](of="teacher.x"), student, mixed)[0].min() > 0.1


@pytest.mark.parametrize(("long", "short"), [(13, 10), (125, 63), (7, 1), (64, 32), (5, 4)])
def test_time_is_pooled_as_torch_pools_it(long, short):
    ours, theirs = drawn(0, 2, CHANNELS, long), drawn(1, 2, WIDE, short)
    for pair in (as_long(ours, theirs), as_long(theirs, ours)[::-1]):
        torch.testing.assert_close(pair[0], adaptive_avg_pool1d(ours, short), atol=1e-15, rtol=1e-14)
        assert pair[1] is theirs


def test_two_features_of_a_network_are_brought_to_one_length_and_networks_need_not_be():
    first, second = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME // 2)
    term = TERMS["fsp"]()
    taught = term.prepare({"teacher.anchor_0": first, "teacher.anchor_1": second})
    assert taught[0].shape == (BATCH, CHANNELS, WIDE)
    again = evidence(anchor_0=first.repeat_interleave(3, dim=2), anchor_1=second)
    assert term.values(again, taught).abs().max() < 1e-12


def test_a_flow_may_be_compared_with_one_of_other_names():
    first, second = drawn(0, BATCH, CHANNELS, TIME), drawn(1, BATCH, WIDE, TIME)
    term = TERMS["fsp"](of="teacher.a", of_end="teacher.b", at="c", at_end="d")
    assert term.needs == {"teacher.a", "teacher.b"}
    taught = term.prepare({"teacher.a": first, "teacher.b": second})
    assert term.values(evidence(c=first, d=second), taught).abs().max() == 0


@pytest.mark.parametrize("name", ["attention_transfer", "nst"])
def test_pooled_features_are_refused_where_time_is_what_counts(name):
    with pytest.raises(StillroomError, match=r"do not both lie over time.*Set `of` and `at`"):
        asked(TERMS[name](of="teacher.x"), drawn(0, BATCH, 3), drawn(1, BATCH, 3))


@pytest.mark.parametrize("name", ["fitnets", "attention_transfer", "nst", "vid"])
def test_a_feature_over_time_is_not_compared_with_a_pooled_one(name):
    with pytest.raises(StillroomError, match=r"cannot be compared|do not both lie over time"):
        asked(TERMS[name](of="teacher.x"), drawn(0, BATCH, 3, 8, dtype=torch.float32), drawn(1, BATCH, 3))


def test_flows_and_differences_of_other_channels_are_refused():
    student, teacher = drawn(0, BATCH, 3, TIME), drawn(1, BATCH, 6, TIME)
    with pytest.raises(StillroomError, match=r"3 x 3 channels.*6 x 6"):
        asked(TERMS["fsp"](of="teacher.x", of_end="teacher.x"), student, teacher)
    with pytest.raises(StillroomError, match="3 features cannot be compared one by one with 1"):
        asked(TERMS["correlation"](of="teacher.x", variant="repdistiller"), student[:, :, 0], teacher[:, :1, 0])


@pytest.mark.parametrize("setting", ["of", "of_end"])
def test_whose_a_flow_is_cannot_be_imitated(setting):
    with pytest.raises(InputError, match="none itself"):
        TERMS["fsp"].from_input({setting: "teacher.group"}, where="recipe")


@pytest.mark.parametrize("name", ["dist", "similarity", "rkd", "pkt", "correlation"])
def test_what_compares_samples_says_so(name):
    assert TERMS[name].between


def test_relations_are_weighed_and_may_be_of_unit_features():
    student, teacher = drawn(0, BATCH, CHANNELS), drawn(1, BATCH, CHANNELS)
    distance, angle = relations(student, teacher)
    assert asked(TERMS["rkd"](of="teacher.x"), student, teacher)[0] == 25 * distance + 50 * angle
    scaled = (drawn(2, BATCH, 1).abs() + 0.5) * student
    term = TERMS["rkd"](of="teacher.x", normalise=True)
    torch.testing.assert_close(asked(term, scaled, teacher)[0], asked(term, student, teacher)[0])


def test_the_regressor_is_three_maps_and_a_variance_for_each_channel():
    student, teacher = drawn(0, BATCH, 3, TIME), drawn(1, BATCH, 6, TIME)
    helper = TERMS["vid"](of="teacher.x").helper(Shapes({"x": (3, TIME)}, {"teacher.x": (6, TIME)})).double()
    assert [tuple(one.weight.shape) for one in helper.maps] == [(1, 6, 3), (1, 6, 6), (1, 6, 6)]
    helper.rho.data += torch.arange(6)
    mean = student
    for number, one in enumerate(helper.maps):
        mean = torch.einsum("oi,bit->bot", one.weight[0], mean.relu() if number else mean)
    variance = (softplus(helper.rho[0]) + 1e-5)[:, None].expand(BATCH, 6, TIME)
    term = TERMS["vid"](of="teacher.x")
    found = term.values(evidence(x=student), (teacher, torch.zeros(BATCH, dtype=torch.int64)), helper)
    torch.testing.assert_close(found, vid(mean, variance, teacher))


@pytest.mark.parametrize("shape", [(3, TIME), (3,)])
def test_each_group_of_teachers_has_a_regressor_of_its_own(shape):
    student, teacher = (drawn(seed, BATCH, *shape, dtype=torch.float32) for seed in (0, 1))
    group = torch.tensor([0, 2, 2, 0, 2])
    found, helper = asked(TERMS["vid"](of="teacher.x"), student, teacher, groups=3, group=group)
    found.mean().backward()
    for one in helper.parameters():
        assert [bool(part.abs().sum() > 0) for part in one.grad] == [True, False, True]
    alone = TERMS["vid"](of="teacher.x").helper(Shapes({"x": shape}, {"teacher.x": shape}))
    for own, of_groups in zip(alone.parameters(), helper.parameters(), strict=True):
        own.data[0] = of_groups.data[2]
    of_one = TERMS["vid"](of="teacher.x").values(evidence(x=student), (teacher, group), alone)
    torch.testing.assert_close(of_one[group == 2], found[group == 2])
