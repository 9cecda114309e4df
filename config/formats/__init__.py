"""How dates are written where Django does otherwise than we want."""
