"""Real speech through each path of the engine, and how much of it arrives."""
