"""The page that shows what "local" comes to: docs/locality.md and its maps, written from rules and directory."""
