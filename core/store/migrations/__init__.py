"""Numbered SQL scripts and conversions of records, run once each in order; never edited after a release."""
