"""Digits in media: named events (RFC 4733)."""
