"""The simulated Graph API. `door.answer` is the one way in, `edges.EDGES` the map."""
