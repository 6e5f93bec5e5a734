"""A small app that keeps what the contract asks of one (docs/conformance.md): read it, and take what you need.

`app.py` is the app, `driver.py` lets `nightbell conformance` play with it. It imports nothing of the server.
"""
