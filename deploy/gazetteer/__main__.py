"""Prints the sources as requirements, for `make lock`."""

from deploy.gazetteer.sources import SOURCES

for source in SOURCES:
    print(f"{source.package}=={source.version}")
