"""How long a test waits for what must happen: a slow machine is no failure, never is."""

PATIENCE_SECONDS = 60.0
