"""What a command line keeps of a commit: saved, unknown, or nothing where it was rolled back."""

from uuid import uuid4

import pytest

from paydesk.cli.saved import Saved
from paydesk.infra.core.errors import OutcomeUnknown


def test_a_commit_is_saved_unknown_or_forgotten_as_its_answer_shows() -> None:
    saved, request, lost, refused = Saved(), uuid4(), uuid4(), uuid4()
    with saved.committing(request, "PR-1001"):
        pass
    with pytest.raises(OutcomeUnknown), saved.committing(lost, "PR-1002"):
        raise OutcomeUnknown("The answer is lost.", "", key="")
    with pytest.raises(ValueError, match="refused"), saved.committing(refused, "PR-1003") as rolled_back:
        rolled_back()
        raise ValueError("refused")
    truth = saved.truth(KeyboardInterrupt())
    assert truth is not None and (truth.facts["saved"], truth.facts["unknown"]) == (["PR-1001"], ["PR-1002"])


def test_a_commit_that_was_saved_once_stays_saved_when_a_later_one_is_rolled_back() -> None:
    saved, request = Saved(), uuid4()
    with saved.committing(request, "PR-1001"):
        pass
    with pytest.raises(ValueError, match="refused"), saved.committing(request, None) as rolled_back:
        rolled_back()
        raise ValueError("refused")
    assert saved.names == ["PR-1001"]


def test_a_commit_while_paused_changes_nothing_of_what_is_known() -> None:
    saved, lost = Saved(), uuid4()
    with pytest.raises(OutcomeUnknown), saved.committing(lost, "PR-1002"):
        raise OutcomeUnknown("The answer is lost.", "", key="")
    with saved.paused(), saved.committing(uuid4(), "PR-1003"):
        pass
    truth = saved.truth(KeyboardInterrupt())
    assert truth is not None and (truth.facts["saved"], truth.facts["unknown"]) == ([], ["PR-1002"])
