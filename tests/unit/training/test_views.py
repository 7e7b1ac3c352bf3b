import numpy as np
import pytest
import torch

from stillroom.data.bank import bank_of
from stillroom.data.splits import split
from stillroom.data.windows import WindowConfig, cut
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.views import View

EVERYTHING = AugmentationConfig(views=3, rotation_deg=90, scale=0.2, jitter=0.1, warp=0.2, drop=0.2)


@pytest.mark.parametrize("globs", ["right_wrist.acc.x", "left_wrist.*.z,right_wrist.gyro.*", "*.acc.*"])
def test_a_student_sees_of_every_view_what_the_teacher_sees_of_its_channels(make_dataset, globs):
    dataset = make_dataset()
    index = cut(dataset, WindowConfig(window_s=2.0, stride_s=1.0))
    train = split(index, "person").folds[0].train
    bank = bank_of(dataset.recordings, dataset.layout)

    def view(layout):
        return View(bank, index, layout, train=train, augmentation=EVERYTHING, seed=4, device=torch.device("cpu"))

    few = dataset.layout.select(globs)
    teacher, student = view(dataset.layout), view(few)
    rows = torch.from_numpy(dataset.layout.indices_of(few))
    ids = np.array([3, 40, 7])
    for number in range(3):
        assert torch.allclose(student.batch(ids, number), teacher.batch(ids, number)[:, rows], atol=1e-5)
    assert np.allclose(student.normaliser.mean, teacher.normaliser.mean[rows.numpy()])
