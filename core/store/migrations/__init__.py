"""Numbered SQL scripts, run once each in order; never edited after a release."""
