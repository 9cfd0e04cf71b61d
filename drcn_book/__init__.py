"""Deeply-recursive super-resolution: the package behind the book."""
