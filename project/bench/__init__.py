"""Speed side by side with peers: `python -m project.bench`, or `make bench`."""
