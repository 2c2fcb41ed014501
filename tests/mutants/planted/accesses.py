from tests.mutants.planted.fault import Fault
FAULTS: tuple[Fault, ...] = ()
