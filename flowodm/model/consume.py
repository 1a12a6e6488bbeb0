"""The verbs that consume, each in both forms: thin calls on `flowodm.subscription`."""

from flowodm.model.declared import DeclaredModel

__all__ = ["ConsumeVerbs"]


class ConsumeVerbs(DeclaredModel, abstract=True):
    """What `FlowBaseModel` has for consuming."""
