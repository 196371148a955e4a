"""Audio codecs: what they are called, and how samples become payloads."""
