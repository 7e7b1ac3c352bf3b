"""What is worn where: channels, the catalogue of sites and kinds, units, and layouts chosen by glob."""
