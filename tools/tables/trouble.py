"""What the user can put right: its text says what was wrong and what would be right."""


class Trouble(Exception):
    """Ends the script with its text and exit code 1."""
