"""The composition root, the process and its command line."""
