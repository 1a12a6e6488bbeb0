"""YAML documents that others wrote: read with bounds, checked, every error with its line.

`yaml.py` reads, `scalars.py` knows what a plain scalar means, `validate.py` checks against a
Pydantic model. What a document says is for its owner: `config/` for `flowodm.yaml`.
"""
