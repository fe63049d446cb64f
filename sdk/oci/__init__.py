"""The OCI specifications' types, in the specifications' own words."""
