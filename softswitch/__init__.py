"""A telephone exchange: SIP in, a pure decision in the middle, media in worker processes."""
