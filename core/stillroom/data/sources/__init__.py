"""One file a data set; importing this package registers them all."""

from stillroom.data.sources import dsads

__all__ = ["dsads"]
