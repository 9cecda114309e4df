from tests.browser import browser, open_page, windows

__all__ = ["browser", "open_page", "windows"]
