"""Tests of media.sdp."""
