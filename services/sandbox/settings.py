"""How one sandbox process is set up."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from sandbox.hubspot.settings import HubSpotSettings
from sandbox.line.settings import LineSettings

World = Literal["demo", "empty"]
WORLDS: tuple[World, ...] = get_args(World)


@dataclass(frozen=True, slots=True)
class Settings:
    """Seed, world and the vendors' switches; the same settings and calls give the same answers."""

    seed: int = 7
    """Source of every random choice."""
    world: World = "demo"
    """What exists at the start: the demo's OA and lists, or nothing."""
    friends: int = 5_000
    """Friends of the demo's OA."""
    line: LineSettings = field(default_factory=LineSettings)
    hubspot: HubSpotSettings = field(default_factory=HubSpotSettings)
