"""A telephone of our own: a SIP user agent for the command line, the tests and the benchmarks."""
