"""An RTP engine that knows nothing of SIP; `media.control` is its interface."""
