"""Batches of datagrams, and the backends that fill and send them."""
