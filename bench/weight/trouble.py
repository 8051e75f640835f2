"""What ends the script with a message instead of a table."""


class Trouble(Exception):
    """Its text says what was wrong and what would be right."""
