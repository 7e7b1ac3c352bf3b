"""A data set in memory: its card and its recordings, all with one layout and one rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stillroom.base.config import fingerprint
from stillroom.base.errors import InputError
from stillroom.data.card import Card
from stillroom.data.recording import Recording
from stillroom.sensors.layout import Layout


@dataclass(frozen=True)
class Dataset:
    """Recordings that can be learned from together.

    Attributes:
        card: what is known of the set.
        recordings: at least one.
        classes: the class names, in order.
        key: changes when any recording does.
    """

    card: Card
    recordings: tuple[Recording, ...]
    classes: tuple[str, ...]
    key: str

    @property
    def layout(self) -> Layout:
        """The channels, the same in every recording."""
        return self.recordings[0].layout

    @property
    def rate_hz(self) -> float:
        """The rate, the same in every recording."""
        return self.recordings[0].rate_hz

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, sorted."""
        return tuple(sorted({recording.person for recording in self.recordings}))

    def without_classes(self, dropped: tuple[str, ...]) -> Dataset:
        """The set with some classes treated as unlabelled.

        Raises:
            InputError: a name is no class of this set.
        """
        if unknown := [name for name in dropped if name not in self.classes]:
            raise InputError(f"no class {unknown[0]!r} here", mend=f"Classes: {', '.join(self.classes)}")
        return replace(self, classes=tuple(name for name in self.classes if name not in dropped))


def as_dataset(card: Card, recordings: list[Recording], key: str, track: str | None = None) -> Dataset:
    """Checks that recordings belong together and names their classes.

    Args:
        card: what is known of the set.
        recordings: in any order; they are sorted by person, session and piece.
        key: what identifies the files they were read from.
        track: the annotation kind to learn, the card's by default.

    Raises:
        InputError: no recording, differing layouts, or no label of that track.
    """
    if not recordings:
        raise InputError(
            "no recording was found", where=card.name, mend="Check that the path holds the publisher's layout"
        )
    ordered = sorted(recordings, key=lambda recording: recording.name.split("/"))
    first = ordered[0]
    for other in ordered[1:]:
        if other.layout.names != first.layout.names:
            apart = sorted(set(first.layout.names) ^ set(other.layout.names))
            raise InputError(
                f"recordings with different sensors: {apart[0] if apart else 'another order of channels'}",
                where=f"{first.name} and {other.name}",
                mend="Give every recording the same sensors, or leave those recordings out",
            )
    wanted = track or card.track
    known = sorted({kind for recording in ordered for kind in recording.tracks})
    if wanted not in known:
        raise InputError(
            f"no labels of kind {wanted!r}", where=card.name, mend=f"Kinds here: {', '.join(known) or 'none'}"
        )
    seen = {span.label for recording in ordered for span in recording.tracks.get(wanted, ())}
    named = card.classes if track in (None, card.track) else ()
    classes = tuple(name for name in named if name in seen) if named else tuple(sorted(seen))
    if not classes:
        raise InputError(
            "no labelled stretch was found", where=card.name, mend=f"Labels present: {', '.join(sorted(seen))[:200]}"
        )
    return Dataset(card.changed(track=wanted), tuple(ordered), classes, fingerprint([key, wanted]))
