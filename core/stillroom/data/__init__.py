"""From a publisher's folder to windows with people's names on them: sources, recordings, windows, splits. No torch."""
