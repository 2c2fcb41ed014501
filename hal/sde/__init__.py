"""The vendor's streaming data engine (cl_sde): packets from the host to a card's logic and back, by descriptors.

Source: the public hardware guide of the engine.
"""

from hal.sde.engine_model import EngineModel
from hal.sde.packets import Packet
from hal.sde.receiver import Receiver
from hal.sde.sender import Sender
from hal.sde.streaming_engine import Engine

__all__ = ["Engine", "EngineModel", "Packet", "Receiver", "Sender"]
