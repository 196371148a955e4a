"""The YAML file, read with positions, checked, turned into a routing model."""
