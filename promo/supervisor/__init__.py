"""`promo up`: starts all of Promo on one machine, watches it and stops it in order."""

from promo.supervisor.options import Options
from promo.supervisor.programs import plan
from promo.supervisor.run import up
from promo.supervisor.state import State, read_state

__all__ = ["Options", "State", "plan", "read_state", "up"]
