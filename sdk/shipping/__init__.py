"""Logs that are sent elsewhere: what drivers share that differ in how a record is told to its receiver.

Light, as every daemon opens these drivers: what sends is imported when the first such log is opened.
"""
