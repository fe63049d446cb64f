"""Logs in files of lines, which rotate and are read while they grow: what log drivers share that differ in how a line is written."""
