"""A month of a site's life in minutes: readers write, moderators decide, the model learns every night.

Labelled comments are sent through the HTTP API of a service of their own, in an order of time that a fast clock
keeps; simulated moderators, whose rates of error are known, claim and decide through the same API. One month is lived
twice, with learning and without it, from the same comments and the same mistakes.
"""
