"""Engine data to wire structs and back."""
