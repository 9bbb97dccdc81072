"""What ``doctor`` finds, and how a check that fails becomes a finding in words."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import redis

from paydesk.domain.errors import PaydeskError
from paydesk.infra.core.errors import sentence_of
from paydesk.infra.core.ports import BrokerTrouble
from paydesk.infra.postgres.connection import ASK_DOCTOR, is_transient, unreachable
from paydesk.secrecy import hide

if TYPE_CHECKING:
    from paydesk.infra.postgres.read.conflicts import LockedRequest

log = logging.getLogger("paydesk.doctor")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``ok``, what was seen, and what to do where it is not."""

    name: str
    ok: bool
    seen: str
    todo: str = ""
    locked: "tuple[LockedRequest, ...]" = ()
    """What a person has to settle, where that is what was found."""


def guarded(name: str, look: Callable[[], list[Finding]], broker: str = "Look at the broker's log.") -> list[Finding]:
    """Return what a check finds; whatever it raises is a finding in words.

    ``broker``: what to do where Kafka does not answer, and says no more.
    """
    try:
        return look()
    except PaydeskError as error:
        return [Finding(name, False, error.message, error.hint)]
    except BrokerTrouble as error:
        return [Finding(name, False, str(error), error.hint or broker)]
    except redis.AuthenticationError:
        return [Finding(name, False, "Redis refused the login.", "Look at the user and password of the Redis URL.")]
    except redis.RedisError as error:
        return [Finding(name, False, f"Redis does not answer: {hide(str(error))}.", "Desks read every 2 s meanwhile.")]
    except Exception as error:
        # What a command would say of it, where that is known.
        cause = unreachable(error) if isinstance(error, psycopg.Error) and is_transient(error) else error
        message, hint = getattr(cause, "message", None), getattr(cause, "hint", "")
        if isinstance(message, str) and hint != ASK_DOCTOR:
            return [Finding(name, False, message, str(hint))]
        log.error("the check of %s failed", name, exc_info=error)
        seen = message if isinstance(message, str) else f"could not be checked: {sentence_of(error)}"
        return [Finding(name, False, seen, "The log tells more.")]
