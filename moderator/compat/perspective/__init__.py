"""Perspective (Comment Analyzer, v1alpha1): the scores of a text, and word of what they should have been."""
