"""What every test stands on: property tests without a time limit per example, since machines are shared."""

from hypothesis import settings

settings.register_profile("shared_machine", deadline=None)
settings.load_profile("shared_machine")
