"""The main job on one machine: a ledger in, explained detections out, shown step by step."""
