"""Without captum there is one clear sentence, and the rest of the library imports."""

import subprocess
import sys

import pytest
import torch

from stillroom.base.errors import InputError
from stillroom.explain import extra
from stillroom.explain.attribution import attribute
from stillroom.sensors.channel import sensor_channels
from stillroom.sensors.layout import Layout


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setattr(extra, "PACKAGES", ("captum", "no_such_package"))
    assert extra.missing() == ["no_such_package"]
    layout = Layout(channels=sensor_channels("torso", "acc", 10.0))
    with pytest.raises(InputError, match=r"pip install 'stillroom\[explain\]'"):
        attribute(
            "occlusion", lambda x: x[:, :, 0], torch.zeros(1, 3, 8), torch.zeros(1).long(), torch.zeros(3, 8), layout
        )


def test_captum_is_imported_only_where_it_is_used():
    code = "import sys, stillroom.explain.attribution, stillroom.explain.frequency; sys.exit('captum' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
