"""Files of contexts and stages: found, digested and copied. Blocking; called from threads."""
