"""Perspective (Comment Analyzer, v1alpha1): the scores of a text, and word of what they should have been."""

from moderator.compat.perspective.views import PROTOCOL

__all__ = ["PROTOCOL"]
