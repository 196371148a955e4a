"""Tests of media.codecs."""
