"""The rehearsal world: a simulated Facebook Page and mailboxes, for training, demos and tests.

It is a process of its own (`python -m promo.rehearsal`) and imports nothing else of promo: what it
shows is a witness from outside, never our own word. `docs/rehearsal.md` tells how to use it.
"""
