"""What subscribers and followers see: pages, feeds, sign-up, preferences, leaving."""
