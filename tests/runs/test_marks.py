"""What the time line and the panel of runs say of a moment."""

from backprop_gui.runs.marks import epoch_told


def test_epochs_are_written_as_people_do_whatever_their_size() -> None:
    told = [epoch_told(one) for one in (0.0, 3.25, 7.0, 1 / 3, 999.0, 1_682_796.0, 123_456_789.5)]
    assert told == ["0", "3.25", "7", "0.3333", "999", "1,682,796", "123,456,789.5"]
