"""The command line: thin. It parses, calls the engine, listens to events, and prints."""
