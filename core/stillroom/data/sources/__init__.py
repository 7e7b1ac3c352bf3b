"""One file a data set; importing this package registers them all."""

from stillroom.data.sources import dsads, hapt, openpack, own, spsw

__all__ = ["dsads", "hapt", "openpack", "own", "spsw"]
