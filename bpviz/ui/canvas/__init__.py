"""The network as a drawing that can be edited and that shows every number of a step."""
