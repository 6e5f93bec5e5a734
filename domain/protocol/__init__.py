"""The trial as data: every question, threshold, week and sentence is in a TOML file of this folder.

`decode.py` turns the files into the Structs of `schema.py`, `check.py` says whether they hold together.
"""
