"""Push in real time, measured: how fast records are acknowledged, and how soon they stand in the tables."""
