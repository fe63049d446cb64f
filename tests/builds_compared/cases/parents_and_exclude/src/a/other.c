src/a/other.c
