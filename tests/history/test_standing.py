"""What a notebook's later state says of a run that came from it."""

from dataclasses import replace

from nbtrack.history.manifest import encode
from nbtrack.history.standing import order_flags, standing_flags
from tests.history.documents import code, notebook
from tests.history.test_earlier import execution


def ran(number, cell_id, source, written=""):
    """A cell that was executed."""
    return replace(execution(number, source, "", written), cell_id=cell_id)


def stands(*cells):
    """A notebook of code cells, given as (id, source), as a manifest."""
    return encode(notebook(*(code(source, cell_id) for cell_id, source in cells))).manifest


PART = [ran(1, "load", "x = 1", "x"), ran(2, "fit", "y = x", "y")]


def test_a_notebook_that_stands_as_it_ran_has_no_flag():
    """Nothing is told of cells that are there with the text that ran."""
    present = stands(("load", "x = 1"), ("fit", "y = x"))
    assert standing_flags(PART, present) == []
    assert order_flags(PART, present) == []


def test_an_edited_and_a_deleted_cell_are_told():
    """A cell with another text, and one that is gone, are told with what they made."""
    flags = standing_flags(PART, stands(("fit", "y = x + 1")))
    assert [(flag.kind, flag.cell_id) for flag in flags] == [("deleted", "load"), ("edited", "fit")]
    assert flags[0].text == "A cell that made x is no longer in the notebook."
    assert flags[1].text == "The cell of this run was edited since."


def test_a_cell_that_stands_below_one_that_ran_after_it_is_told():
    """Run from top to bottom, the notebook would not give this result."""
    flags = order_flags(PART, stands(("fit", "y = x"), ("load", "x = 1")))
    assert [(flag.kind, flag.cell_id, flag.text) for flag in flags] == [
        ("out_of_order", "load", "x came from a cell that stands further down.")
    ]
