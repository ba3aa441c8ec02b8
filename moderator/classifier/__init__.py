"""Text to scores. Shared with training; serving needs NumPy and nothing else."""
