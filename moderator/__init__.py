"""A comment-moderation service: score, judge, queue for people, learn from them."""

__version__ = "0.1.0"
