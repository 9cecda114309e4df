"""`promo rehearse`: the coming days against a rehearsal world of their own, on a fast clock.

Everything it stands on is its own and is gone afterwards: PostgreSQL, Redis, the world, the worker
(`stage`). The desk's database is read once (`promo.services.rehearsal_copy`). The clock is put
forward from one due thing to the next, as soon as the worker has nothing left to do (`playing`).
`docs/rehearsing.md` says why it is so.
"""
