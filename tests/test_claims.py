"""Claims about trainings, beside the logs they rest on, and in the chapters that make them."""

from dataclasses import replace

import pytest
from book import CHAPTERS

from project import ablate, claims, execute

EVERY = claims.claims()
TEXTS = {path.stem: execute.twin(path).read_text(encoding="utf8") for path in CHAPTERS}
NAMED = {chapter: set(claims.NAMED.findall(text)) for chapter, text in TEXTS.items()}


@pytest.mark.parametrize("name", EVERY)
def test_a_claim_holds_over_seeds(name):
    claim = EVERY[name]
    found = claims.differences(claim)
    assert len(found) >= ablate.HEADLINES.get(claim.question, ablate.SEEDS)
    assert claims.holds(claim, found), found


@pytest.mark.parametrize("name", EVERY)
def test_a_claim_falls_with_its_rows_reversed(name):
    """The arms' runs change places; of those that are level, one gains what none of them has."""
    claim = EVERY[name]
    reversed_ = replace(claim, arm=claim.than, than=claim.arm)
    found = claims.differences(reversed_)
    if claim.level:
        found = [gain + 10 for gain in found]
    assert not claims.holds(claim, found)


def test_what_holding_means():
    ahead = claims.Claim("", "q", "a", "b", by=0.1)
    level = replace(ahead, level=True)
    cases = {
        (0.2, 0.1, 0.3): (True, False),
        (0.2, -0.1, 0.3): (False, True),
        (0.01, 0.02, 0.01): (False, False),  # of one sign, but too small to be called better
        (0.2,) * 9 + (-0.1,): (True, False),
        (0.2,) * 8 + (-0.1,) * 2: (False, True),
    }
    for found, expected in cases.items():
        assert (claims.holds(ahead, found), claims.holds(level, found)) == expected


def test_an_arm_s_name_is_not_taken_for_the_beginning_of_another():
    assert set(claims.held_out("supervision", "supervised")) == {0, 1, 2}
    assert claims.held_out("supervision", "supervised") != claims.held_out(
        "supervision", "supervised-9"
    )


def test_chapters_name_claims_that_are_there_and_no_claim_is_idle():
    named = set().union(*NAMED.values())
    assert named == set(EVERY)


def test_every_finding_of_the_ablations_carries_its_claim():
    """The list of chapter 4 below its table: each item that compares names what it rests on."""
    text = TEXTS["04_supervision"].split("What a longer look confirms", 1)[1].split("\n\n", 2)[1]
    items = text.split("\n- ")
    assert len(items) >= 7
    assert [item[:60] for item in items if not claims.NAMED.search(item)] == []
