"""Charts: every bar and dot within its frame, and axes that end at a round number."""

from hypothesis import given
from hypothesis import strategies as st

from moderator.console.charts import BOX, HEIGHT, WIDTH, diagram, rounded_up, stack
from moderator.domain.reliability import Group


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=95))
def test_bars_stand_on_one_another_within_the_frame(columns: list[tuple[int, int]]) -> None:
    chart = stack(columns)

    assert len(chart.segments) == sum(count > 0 for column in columns for count in column)
    for one in chart.segments:
        assert one.x >= 0
        assert one.x + one.width <= WIDTH + 0.2
        assert one.y >= -0.1
        assert one.y + one.height <= HEIGHT + 0.2
    assert chart.top >= max((sum(column) for column in columns), default=0)


def test_the_first_series_stands_at_the_bottom() -> None:
    first, second = stack([(5, 5)]).segments

    assert (first.y, first.height) == (HEIGHT / 2, HEIGHT / 2)
    assert (second.y, second.height) == (0, HEIGHT / 2)


def test_the_first_the_middle_and_the_last_bar_are_named() -> None:
    assert [number for _, number in stack([(1,)] * 7).labels] == [0, 3, 6]
    assert [number for _, number in stack([(1,)]).labels] == [0]
    assert stack([]).labels == []


def test_an_axis_ends_at_a_round_number() -> None:
    assert [rounded_up(number) for number in (0, 1, 2, 3, 6, 10, 11, 43, 501)] == [1, 1, 2, 5, 10, 10, 20, 50, 1000]


_SHARES = st.floats(0, 1)


@given(st.lists(st.tuples(_SHARES, _SHARES, _SHARES, _SHARES), max_size=20))
def test_dots_and_their_bounds_stay_within_the_box(found: list[tuple[float, float, float, float]]) -> None:
    groups = []
    for predicted, *bounds in found:
        low, observed, high = sorted(bounds)
        groups.append(Group(predicted=predicted, observed=observed, low=low, high=high, number=1))

    dots = diagram(groups)

    for dot in dots:
        assert 0 <= dot.x <= BOX
        assert 0 <= dot.top <= dot.y <= dot.bottom <= BOX
    assert [dot.group for dot in dots] == groups


def test_what_comes_true_stands_on_the_line_from_corner_to_corner() -> None:
    shares = (0.0, 0.001, 0.3, 0.5, 0.99, 1.0)
    dots = diagram([Group(predicted=at, observed=at, low=at, high=at, number=9) for at in shares])

    assert [round(dot.x + dot.y, 6) for dot in dots] == [BOX] * len(shares)
    assert (dots[0].x, dots[3].x, dots[-1].x) == (0, BOX / 2, BOX)
