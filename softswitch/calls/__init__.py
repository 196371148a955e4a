"""The B2BUA: legs joined into calls, hunting, and the record of each call."""
