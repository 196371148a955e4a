"""Sockets: bytes and time in, bytes out; nothing is decided here."""
