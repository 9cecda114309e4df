"""The desk: staff screens on Wagtail."""
