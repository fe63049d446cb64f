src/b/main.c
