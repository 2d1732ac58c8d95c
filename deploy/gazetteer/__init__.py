"""Builds the gazetteer that ships in `streams/reading/places`: public packages joined to one file.

Runs at build time, in an environment of its own (`make gazetteer`); nothing that runs later imports it, save
`earshot gazetteer`, which shows the file and says how it is built.
"""
