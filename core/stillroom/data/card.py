"""The card of a data set: what a person must know before using it, and the defaults that suit it."""

from __future__ import annotations

from stillroom.base.config import Config


class Card(Config):
    """What is known of a data set.

    Attributes:
        name: as typed before the colon.
        title: for people.
        licence: as the publisher states it; "check" where it could not be verified.
        simulated: True where no person was recorded; said wherever the set shows.
        rate_hz: the rate at which its recordings are laid.
        window_s: the window that suits it.
        stride_s: the stride that suits it.
        track: the annotation kind that labels come from.
        protocol: the protocol that suits it.
        classes: the classes in order; empty where they are read from the data.
        homepage: where it is published.
        citation: whom to cite.
        notes: known quirks, in sentences.
    """

    name: str
    title: str
    licence: str
    simulated: bool = False
    rate_hz: float
    window_s: float = 4.0
    stride_s: float = 2.0
    track: str = "activity"
    protocol: str = "person"
    classes: tuple[str, ...] = ()
    homepage: str = ""
    citation: str = ""
    notes: tuple[str, ...] = ()

    def windows_s(self, window_s: float = 0.0, stride_s: float = 0.0) -> tuple[float, float]:
        """The window and the step that are meant where one or both were left open.

        Args:
            window_s: 0 for the set's own.
            stride_s: 0 for half a window, or the set's own where the length is.
        """
        return window_s or self.window_s, stride_s or (window_s / 2 if window_s else self.stride_s)
