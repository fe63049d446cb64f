"""The paths of the distribution-spec, by what they are about."""
