"""A SIP user agent: the phone on the command line, of the tests and the benchmarks."""
