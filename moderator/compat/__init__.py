"""Other protocols, each a small application of its own over the use cases; foreign words stay in here."""
