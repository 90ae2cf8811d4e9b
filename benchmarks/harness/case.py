"""A case measures one or more rows of the table, side after side, round after round."""
from dataclasses import dataclass, field

from .figure import Target


@dataclass
class Row:
    """One line of the table: its key in the results, what it says, its unit and its target."""

    key: str
    title: str
    unit: str
    target: Target
    digits: int = 0


@dataclass
class Case:
    """`sample(side, options)` returns {row key: number or list of numbers}, and may add {"detail": …}.

    Both sides are sampled in turn within each round, so that a slow minute of
    the machine hits both. `only_ours` skips the peer; `on_demand` cases run
    only when named.
    """

    name: str
    rows: list
    sample: object
    rounds: int = 3
    only_ours: bool = False
    on_demand: bool = False


@dataclass
class Options:
    """What the command line says about how much to measure."""

    quick: bool = False
    requests: int = 0          # of the soak; 0 is its default
    scale: float = field(init=False)

    def __post_init__(self):
        self.scale = 0.2 if self.quick else 1.0
