"""Documentation, and the generator of its generated pages."""
