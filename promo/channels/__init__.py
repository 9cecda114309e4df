"""The ways out: one folder each. `base.py` states the contract."""
