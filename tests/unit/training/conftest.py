"""A fold of the made-up set, ready to train on."""

from dataclasses import dataclass

import pytest
import torch

from stillroom.data.bank import bank_of
from stillroom.data.splits import Fold, split
from stillroom.data.windows import WindowConfig, WindowIndex, cut
from stillroom.losses.term import make_terms
from stillroom.models.recogniser import Interface, Member, Recogniser
from stillroom.models.student import TsakStudentConfig
from stillroom.models.teacher import TsakTeacherConfig
from stillroom.training.augmentation import AugmentationConfig
from stillroom.training.loop import Job
from stillroom.training.scoring import Scored
from stillroom.training.views import View


@dataclass
class Bench:
    """Everything for a training of one fold."""

    index: WindowIndex
    fold: Fold
    teacher_view: View
    student_view: View

    def face(self, view):
        return Interface(view.layout, self.index.rate_hz, self.index.width, self.index.classes)

    def teacher(self):
        torch.manual_seed(1)
        face = self.face(self.teacher_view)
        config = TsakTeacherConfig(token=8, causal=8, heads=2)
        return Recogniser(face, [Member(config, face.shape, self.teacher_view.normaliser)]).eval()

    def student(self):
        torch.manual_seed(2)
        face = self.face(self.student_view)
        return Recogniser(
            face, [Member(TsakStudentConfig(widths=(4, 8), hidden=8), face.shape, self.student_view.normaliser)]
        )

    def job(self, terms=None, targets=None, key="key"):
        ids = self.fold.validation
        scored = Scored(ids, self.index.label[ids], self.index.person_names(ids), self.index.classes)
        made = make_terms(terms or {"cross_entropy": {}}, where="test")
        return Job("student", self.student_view, self.index.label, self.fold.train, scored, made, targets, 5, key)


@pytest.fixture
def bench(make_dataset):
    """Builds a bench; the student sees one wrist's acceleration."""

    def make(**poison):
        dataset = make_dataset(poison=poison or None)
        index = cut(dataset, WindowConfig(window_s=2.0, stride_s=1.0))
        fold = split(index, "person").folds[0]
        bank = bank_of(dataset.recordings, dataset.layout)

        def view(globs):
            return View(
                bank, index, dataset.layout.select(globs), train=fold.train,
                augmentation=AugmentationConfig(views=3, rotation_deg=30, jitter=0.05), seed=9,
                device=torch.device("cpu"),
            )  # fmt: skip

        return Bench(index, fold, view("*"), view("right_wrist.acc.*"))

    return make
