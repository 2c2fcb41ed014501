"""Making libraries of simulated logic: tools, ports of a top, and the build."""
