"""Make the feeds of the fictional city 示例市 (329900) and the list of all faults planted in them.

Here: an own implementation of check characters and an own knowledge of the demo's rules, so that the
generator is an independent witness for the platform. Not here: any import from a room of the project. No
person, organisation or number is real: the division prefix 3299 has never been assigned.
"""
