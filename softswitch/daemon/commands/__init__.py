"""What `softswitch` can be told, one module for each sub-command."""
