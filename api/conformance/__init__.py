"""The conformance kit: plays the server's side of the hard cases to an app, and judges what it sent and showed.

`nightbell conformance` runs it (docs/conformance.md). It is a tool beside the server: no part of it is served.
"""
