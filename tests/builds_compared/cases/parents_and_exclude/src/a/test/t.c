src/a/test/t.c
