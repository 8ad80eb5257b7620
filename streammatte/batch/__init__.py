"""Many files: what becomes of each, what is done already, and how the rest is done, here or on more machines."""
