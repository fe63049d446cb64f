"""The Dockerfile language: text in, typed instructions out. Pure; knows neither files nor images."""
