"""The moderators' pages, and the demo article: server-rendered, no build step, usable without a script."""
