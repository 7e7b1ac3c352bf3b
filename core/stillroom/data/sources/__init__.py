"""One file a data set; importing this package registers them all."""

from stillroom.data.sources import dsads, factory, hapt, openpack, own, spsw

__all__ = ["dsads", "factory", "hapt", "openpack", "own", "spsw"]
