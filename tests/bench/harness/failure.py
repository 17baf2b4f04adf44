"""What is said when something does not work."""


class Failure(Exception):
    """Something does not work; the text says what, and what to do or where to look."""
