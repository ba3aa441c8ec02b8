"""The Akismet protocol: spam or ham, exact bodies, and headers that say the rest."""
