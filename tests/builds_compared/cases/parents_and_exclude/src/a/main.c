src/a/main.c
