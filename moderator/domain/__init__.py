"""Nouns and rules. Pure: the standard library only, no clock, no randomness, no I/O."""
