"""The embedded DNS server: what containers on user-defined networks find at 127.0.0.11."""
