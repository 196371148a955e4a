"""Tests of media.dtmf."""
