"""`core demo`: the engine's main job on a stage of its own, from nothing to a running service and back to nothing."""
