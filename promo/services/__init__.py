"""Everything that writes. A module is a noun, a function a verb; keyword-only, `now` handed in."""
