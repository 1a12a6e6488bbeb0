"""The subjects of a schema registry: what there is, and what is changed about it.

```
names.py          SUBJECT@VERSION, and whether the context lets it be changed
asking.py         one question about each of many, several at once
listing.py        the subjects there are
detail.py         one version of a subject, with all that is in force for it
settings.py       compatibility levels and modes: read, and changed after a look
graph.py          what a version references, and what references it
removal.py        deleting: what would go, then the deed
registration.py   registering: what would become which version, what it uses first
checking.py       a schema against a subject's level, and against records
trial/            … what the records of a topic mean with it
archive.py        the form in which a registry is moved
exporting.py, importing.py
                  out of a registry, and into one, with the ids kept
```
How a registry is spoken with is `flowodm.registry`'s; a schema against a model is
`flowodm.schema`'s. Everything here that changes a registry passes the connection's gate.
"""
