"""Samples to payloads and back."""
