"""The game: moves, their schedule, the compiled loop and its checkpoints."""
