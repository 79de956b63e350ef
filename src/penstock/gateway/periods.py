"""When budgets begin anew: calendar periods in UTC."""

import math
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Period = Literal["hour", "day", "week", "month", "total", "session"]

DAY: Final = 86_400.0
SESSION_SECONDS: Final = 30 * DAY
"""A session that was silent for so long is another one."""
REMEMBERED: Final = {
    "hour": 2 * 3600.0,
    "day": 2 * DAY,
    "week": 9 * DAY,
    "month": 33 * DAY,
    "total": 3650 * DAY,
    "session": SESSION_SECONDS,
}
"""Seconds that a counter of money is kept after its last use: longer than its period."""


def bounds(period: Period, now: float) -> tuple[float, float]:
    """Return begin and end of the period around `now`, in Unix seconds; what has no end ends at infinity."""
    if period == "total":
        return 0.0, math.inf
    if period == "session":
        return now - SESSION_SECONDS, math.inf
    moment = datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)
    if period == "hour":
        return moment.timestamp(), (moment + timedelta(hours=1)).timestamp()
    day = moment.replace(hour=0)
    if period == "day":
        return day.timestamp(), (day + timedelta(days=1)).timestamp()
    if period == "week":
        monday = day - timedelta(days=day.weekday())
        return monday.timestamp(), (monday + timedelta(days=7)).timestamp()
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first.timestamp(), following.timestamp()
