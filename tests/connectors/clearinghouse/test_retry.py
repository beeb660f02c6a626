"""What is tried again, how often, and what never is."""

from __future__ import annotations

import pytest

from configs.settings import Partner
from connectors.clearinghouse import errors
from connectors.clearinghouse.retry import pause, retrying


def partner(attempts: int) -> Partner:
    return Partner(
        host="h", username="u", sender_id="S", receiver_id="R", receiver_name="R", attempts=attempts
    )


def failing(error: Exception, times: int, tries: list[int]):
    def action() -> str:
        tries.append(1)
        if len(tries) <= times:
            raise error
        return "done"

    return action


@pytest.mark.parametrize("kind", [errors.PartnerUnreachable, errors.PartnerBusy, errors.TransferDamaged])
def test_passing_faults_are_tried_again(kind):
    tries: list[int] = []
    pauses: list[float] = []
    assert retrying(partner(3), failing(kind("x"), 2, tries), sleep=pauses.append) == "done"
    assert (len(tries), pauses) == (3, [1, 2])


def test_the_last_failure_comes_out_after_the_last_try():
    tries: list[int] = []
    error = errors.PartnerUnreachable("x")
    with pytest.raises(errors.PartnerUnreachable) as raised:
        retrying(partner(3), failing(error, 9, tries), sleep=lambda _: None)
    assert raised.value is error
    assert len(tries) == 3


@pytest.mark.parametrize(
    "error",
    [
        errors.LoginRefused("x"),
        errors.HostKeyRefused("x", expected="", offered="SHA256:x"),
        errors.RemoteRefused("x"),
        errors.UploadConflict("x"),
        errors.UploadInterrupted("x"),
        RuntimeError("x"),
    ],
)
def test_never_again_after_a_refusal_or_past_the_point_of_no_return(error):
    tries: list[int] = []
    with pytest.raises(type(error)):
        retrying(partner(5), failing(error, 9, tries), sleep=lambda _: pytest.fail("it waited"))
    assert len(tries) == 1


def test_pauses_grow_to_a_minute():
    assert [pause(attempt) for attempt in (1, 2, 3, 6, 7, 8, 2000)] == [1, 2, 4, 32, 60, 60, 60]
