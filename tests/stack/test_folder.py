"""The folder of a stack: what is made at random there fits the programs that get it."""

import secrets
from pathlib import Path

import pytest

from paydesk.stack.folder import Folder


def test_the_brokers_cluster_id_is_never_taken_for_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One random id in 64 begins with a dash, and the storage tool refuses it for ever."""
    made = iter(["-0_ISwG6QBu3wjBv1fG2sA", "-1_ISwG6QBu3wjBv1fG2sA", "x0_ISwG6QBu3wjBv1fG2sA"])
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _: next(made))
    assert Folder(tmp_path / "stack").secrets()["kafka_cluster"] == "x0_ISwG6QBu3wjBv1fG2sA"
