"""How good the reading of posts is: labelled sets in, figures out. Nothing that runs depends on it."""
