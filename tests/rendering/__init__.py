def nb(text: str) -> str:
    """In the expected values `~` stands for a no-break space."""
    return text.replace("~", "\u00a0")
