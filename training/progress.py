"""How long work says how far it is."""

from collections.abc import Callable

Progress = Callable[[str, int, int], object]  # The step, how much of it is done, of how much.
