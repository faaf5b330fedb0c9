"""Errors of the parsers."""


class UnreadableFile(Exception):
    """A file that cannot be read; the message is one Chinese sentence with a next step."""
