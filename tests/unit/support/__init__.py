"""Tests of what the tests themselves are made with."""
