"""The Akismet protocol: spam or ham, exact bodies, and headers that say the rest."""

from moderator.compat.akismet.views import PROTOCOL

__all__ = ["PROTOCOL"]
