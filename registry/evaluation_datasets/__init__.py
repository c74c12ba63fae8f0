"""Evaluation datasets: examples with what would be right, which are collected, tagged, shared by experiments, and read by evaluations."""
