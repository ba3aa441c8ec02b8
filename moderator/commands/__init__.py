"""The commands of the command line, by what they do: serve, write, look, import, export."""
