"""Every verb of the program on real files; tests/end_to_end.py runs them."""
