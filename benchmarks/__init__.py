"""Measurements, each beside a ceiling taken in the same run. `make bench` runs them all."""
