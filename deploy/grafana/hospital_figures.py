"""What tables say of each hospital, in PromQL: one number a hospital, of whichever worker shows it.

Called by the dashboards Network, Hospital and Community. Windows end now, whatever time the dashboard shows. Baselines
come from the tables, too: an average day is the four weeks without the last day, so no older scrape is needed.
"""

from deploy.grafana.queries import selector

DAY, WEEK, MONTH = "24h", "7d", "28d"
Z, Z2 = 1.96, 3.8416
"""Of a 95 % interval, and its square."""
INTERVAL = "95 % interval (Wilson): with few posts the share may lie anywhere in it."


def window(name: str, span: str, by: str = "hospital", **matchers: str) -> str:
    """A gauge of windows."""
    return f"max by ({by}) ({selector(name, window=span, **matchers)})"


def posts(span: str) -> str:
    """Posts in a window."""
    return window("conversation_window_posts", span)


def against_average_day() -> str:
    """Posts of the last day beside the average of the 27 days before: 0 is as usual, 1 is twice as many."""
    day = posts(DAY)
    return f"{day} / ((({posts(MONTH)} - {day}) / 27) > 0) - 1"


def share(part: str, whole: str) -> str:
    """One number in another, where the other is not 0."""
    return f"{part} / ({whole} > 0)"


def bound(part: str, whole: str, sign: str) -> str:
    """The end of a share's Wilson interval; `sign` - for the lower, + for the upper."""
    spread = f"{Z} * sqrt({part} * ({whole} - {part}) / ({whole} > 0) + {Z2 / 4:g})"
    return f"({part} + {Z2 / 2:g} {sign} {spread}) / (({whole} > 0) + {Z2:g})"


def local(span: str) -> str:
    """Posts by local authors."""
    return window("conversation_window_local_posts", span)


def placed(span: str) -> str:
    """Posts whose author's place is known."""
    return window("conversation_window_placed_posts", span)


def unknown_share(span: str) -> str:
    """Of all posts, those whose author's place is not known."""
    return f"1 - {share(placed(span), posts(span))}"


def answered_in_a_day() -> str:
    """Share of addressed posts that got an answer within a day, 28 days."""
    return f"max by (hospital) ({selector('conversation_goal_actual', goal='answered_24h_share')}) / 100"


def waiting(by: str = "hospital", **matchers: str) -> str:
    """Posts that wait for an answer."""
    each = f"max by (hospital, intent) ({selector('conversation_open_questions', **matchers)})"
    return f"sum by ({by}) ({each})" if by else f"sum({each})"


def oldest_waiting() -> str:
    """Seconds that the oldest of them waits."""
    return f"max by (hospital) ({selector('conversation_oldest_question_seconds')})"


def goals_set() -> str:
    """Goals that a hospital set itself."""
    return f"count by (hospital) (max by (hospital, goal) ({selector('conversation_goal_target')}))"


def goals_met() -> str:
    """Those of them that it meets beyond chance."""
    met = selector("conversation_goal_target", goal_verdict="met")
    return f"count by (hospital) (max by (hospital, goal) ({met})) or 0 * {goals_set()}"


def surge() -> str:
    """How unusual the last closed hour was, with its verdict."""
    return f"max by (hospital, surge_verdict) ({selector('conversation_surge_score')})"


def people_heard(span: str, near: str) -> str:
    """Different authors."""
    return window("conversation_window_authors", span, near=near)
