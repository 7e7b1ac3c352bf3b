"""What goes to the board as it stands: the script, its parts, and a page to read."""
