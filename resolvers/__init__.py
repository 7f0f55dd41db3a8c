"""One function for each thing that the graph can answer or do. Given a `Context`, nothing else."""
