"""What the harness must reach, measured as ratios to a yardstick that runs beside it (docs/performance.md)."""
