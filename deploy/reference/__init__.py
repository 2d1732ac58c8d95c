"""The reference pages docs/metrics.md, docs/settings.md and docs/vocabulary.md, written from the declarations."""
