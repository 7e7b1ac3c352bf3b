"""What every other package stands on: configs, errors, events, files that appear whole, and seeds. No torch here."""
