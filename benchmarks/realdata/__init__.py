"""The public data as published, taken in by the same commands as any deployment."""
