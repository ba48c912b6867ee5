"""What people see of a result: one exporter per format, each from the stored document alone."""
