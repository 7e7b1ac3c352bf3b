"""Configs: equal settings have one fingerprint, today and in a year, and a wrong field is named."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, ValidationError, field_validator

from stillroom.base.config import Config, canonical_json, fingerprint
from stillroom.base.errors import InputError


class Lens(Config):
    maker: str = "Zeiss"
    length_mm: float = Field(default=50.0, gt=0)

    @field_validator("maker")
    @classmethod
    def _known(cls, value: str) -> str:
        if value == "Nobody":
            raise ValueError(f"{value!r} makes no lens")
        return value


class Camera(Config):
    name: str
    lens: Lens = Lens()
    sizes: tuple[int, ...] = (1, 2)


@pytest.mark.parametrize(
    ("value", "text", "stored"),
    [
        # sha256sum of the text, first 16 digits
        ({}, "{}", "44136fa355b3678a"),
        ({"b": 1, "a": [1.5, None, True]}, '{"a":[1.5,null,true],"b":1}', "c987ffa2d30c971d"),
        ({"ort": "Küche"}, '{"ort":"Küche"}', "6a20d410e75a5923"),
    ],
)
def test_canonical_json_and_fingerprints_stay_what_they_were(value: Any, text: str, stored: str) -> None:
    assert canonical_json(value) == text
    assert fingerprint(value) == stored


def test_a_config_s_fingerprint_stays_what_it_was_and_minds_no_order() -> None:
    camera = Camera(name="x", lens=Lens(length_mm=35))
    assert camera.fingerprint() == fingerprint(
        {"sizes": [1, 2], "lens": {"length_mm": 35.0, "maker": "Zeiss"}, "name": "x"}
    )
    assert camera.fingerprint() == "6a183cc21bee4489"
    assert camera.fingerprint() == Camera.model_validate({"lens": {"length_mm": 35}, "name": "x"}).fingerprint()


def test_any_changed_field_changes_the_fingerprint() -> None:
    camera = Camera(name="x")
    others = [camera.changed(name="y"), camera.changed(sizes=(1,)), camera.changed(lens=Lens(length_mm=35))]
    assert len({camera.fingerprint(), *(other.fingerprint() for other in others)}) == 4


def test_a_file_s_name_that_is_no_unicode_has_a_fingerprint() -> None:
    name = b"a\xff.csv".decode("utf-8", "surrogateescape")
    assert fingerprint([name]) == fingerprint([name]) != fingerprint(["a.csv"])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_finite_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"a": number})
    with pytest.raises(ValidationError, match="finite"):
        Lens(length_mm=number)


def test_a_config_is_frozen_and_knows_its_fields() -> None:
    lens = Lens()
    with pytest.raises(ValidationError, match="frozen"):
        lens.maker = "Leica"
    with pytest.raises(ValidationError, match="Extra inputs"):
        Lens(weight=3)


def test_a_changed_copy_is_validated_and_leaves_the_first_as_it_was() -> None:
    lens = Lens()
    assert lens.changed(length_mm=35).length_mm == 35 and lens.length_mm == 50
    with pytest.raises(ValidationError, match="length_mm"):
        lens.changed(length_mm=-1)
    with pytest.raises(ValidationError, match="length"):
        lens.changed(length=35)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"name": "x", "lens": {"length_mm": 0}}, "lens.length_mm: input should be greater than 0 (here)"),
        ({"name": "x", "lens": {"maker": "Nobody"}}, "lens.maker: 'Nobody' makes no lens (here)"),
        ({"name": "x", "sizes": [1, "two"]}, "sizes.1: input should be a valid integer"),
        ({"name": "x", "colour": "red"}, "colour: extra inputs are not permitted (here). Fields: name, lens, sizes"),
        ({}, "name: field required (here)"),
        ([1], "Camera: input should be a valid dictionary or instance of Camera (here)"),
    ],
)
def test_what_a_user_wrote_wrong_is_named_by_field(raw: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Camera.from_input(raw, where="here")
    assert caught.value.sentence().startswith(said)


def test_what_a_user_wrote_right_is_taken() -> None:
    assert Camera.from_input({"name": "x", "lens": {"length_mm": 35}}, where="here").lens == Lens(length_mm=35)
