"""What travels on the wire: camelCase, unknown request fields refused, an absent field absent and never null."""
