FROM	alpine	AS	Build
Run	echo tabs
COPY	a	b	/c/
FrOm build
copy --from=BUILD /c /d
