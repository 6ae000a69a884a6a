"""`LedgerService` over the use cases."""

from collections.abc import Sequence

from delivery.application.restores.fencing import Fence, Fencing, LedgerSight
from delivery.domain.sending.restores import LedgerState
from delivery.entrypoints.names import CAMPAIGN
from delivery.entrypoints.times import read_time, write_time
from kit.errors import FieldViolation, InvalidRequest, Violations
from outreach.delivery.v1 import ledger_pb2 as pb
from outreach.delivery.v1.ledger_pb2_grpc import LedgerServiceServicer

MOST_NAMES = 1000


class LedgerServicer(LedgerServiceServicer):
    """Lets operators put a restored ledger in order."""

    def __init__(self, fencing: Fencing) -> None:
        self._fencing = fencing

    async def GetLedgerState(self, _request: pb.GetLedgerStateRequest, _context: object) -> pb.LedgerState:
        """Return how the ledger is."""
        return _write_state(await self._fencing.get())

    async def FenceLedger(self, request: pb.FenceLedgerRequest, _context: object) -> pb.FenceLedgerResponse:
        """Do a step of fencing the ledger."""
        fenced = await self._fencing.fence(_read_fence(request))
        return pb.FenceLedgerResponse(
            refused_name_count=fenced.refused_name_count, uncertain_campaign_count=fenced.uncertain_campaign_count
        )


def _read_fence(request: pb.FenceLedgerRequest) -> Fence:
    """Read a step of fencing; raises `InvalidRequest`."""
    bad = Violations()
    _check_names(bad, request.campaigns)
    if not request.HasField("restore_time"):
        bad.add("restore_time", "must be set", "REQUIRED")
    bad.raise_if_any()
    try:
        restore_time = read_time(request.restore_time)
    except ValueError as error:
        violation = FieldViolation("restore_time", "must be a moment of the years 1 to 9999", "MALFORMED_TIME")
        raise InvalidRequest([violation]) from error
    return Fence(restore_time, tuple(request.campaigns), complete=request.complete)


def _check_names(bad: Violations, names: Sequence[str]) -> None:
    if len(names) > MOST_NAMES:
        bad.add("campaigns", f"must hold at most {MOST_NAMES} names", "TOO_MANY")
        return
    for number, name in enumerate(names):
        if not CAMPAIGN.matches(name):
            bad.add(f"campaigns[{number}]", f"must have the form {CAMPAIGN.pattern}", "MALFORMED_NAME")


def _write_state(sight: LedgerSight) -> pb.LedgerState:
    inspection = sight.inspection
    reason = inspection.doubt.name if inspection.doubt else "REASON_UNSPECIFIED"
    return pb.LedgerState(
        fence_required=inspection.state is LedgerState.CLOSED,
        last_change_time=write_time(sight.last_change_time),
        state=pb.LedgerState.State.Value(inspection.state.name),
        reason=pb.LedgerState.Reason.Value(reason),
        notice_time=write_time(inspection.notice_time),
    )
