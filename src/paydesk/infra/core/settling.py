"""Settling a locked request: this side's word on how persons did, kept beside it; the request stays locked."""

from uuid import UUID

from paydesk.domain.asked import Asked
from paydesk.domain.decision import NOTE_LEAST, NOTE_MOST
from paydesk.domain.refusals import refuse_unlocked
from paydesk.domain.text import checked
from paydesk.infra.core.execute import Key, Said, id_of, run
from paydesk.infra.core.ports import Storage, Transaction


def settle(store: Storage, key: Key, request_id: UUID, actor: str, note: str) -> Said:
    """Keep a note of how a locked request was settled. Raises ``Conflict`` where it is not locked."""
    told = checked("note", note, least=NOTE_LEAST, most=NOTE_MOST)

    def keep(transaction: Transaction, _command_id: str, _command_hash: str) -> bool:
        row = transaction.row(request_id)
        refuse_unlocked(row.locked, row.request, request_id)
        transaction.note_settled(id_of(key), request_id, told, actor)
        return True

    return run(store, key, Asked("settle", request_id, actor, {"note": told}), keep)
