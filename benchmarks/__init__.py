"""Load over real SIP and RTP, and what it costs the server."""
