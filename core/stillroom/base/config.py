"""Frozen settings with a fingerprint.

A config stands beside the thing it configures. Two configs are the same exactly when their canonical JSON is.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from stillroom.base.errors import InputError


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(value: Any) -> str:
    """The first 16 hex digits of the SHA-256 of a value's canonical JSON.

    A file's name need not be valid Unicode; such a name has a fingerprint too.
    """
    return hashlib.sha256(canonical_json(value).encode(errors="surrogatepass")).hexdigest()[:16]


class Config(BaseModel):
    """A frozen pydantic model that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def fingerprint(self) -> str:
        """The hash of this config's canonical JSON."""
        return fingerprint(self.model_dump(mode="json"))

    def changed(self, **changes: Any) -> Self:
        """A validated copy with some fields replaced."""
        return type(self).model_validate({**self.model_dump(), **changes})

    @classmethod
    def from_input(cls, raw: Any, *, where: str) -> Self:
        """Validates what a user wrote.

        Raises:
            InputError: naming the first wrong field and what was expected of it.
        """
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or cls.__name__
            said = first["msg"].removeprefix("Value error, ")
            raise InputError(
                f"{field}: {said[:1].lower()}{said[1:]}", where=where, mend=f"Fields: {', '.join(cls.model_fields)}"
            ) from error
