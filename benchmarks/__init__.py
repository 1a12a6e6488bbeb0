"""What FlowODM costs, beside the hand-written loop it is compared with."""
