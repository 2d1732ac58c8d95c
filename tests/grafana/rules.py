"""The static rules of a dashboard: what is wrong with a JSON, one line each. Shared by the tests of this room.

Parses with promql-parser and knows what exists from the registry and the recording rules, as the builder does not: a
number that is typed into the JSON is found as well.
"""

import re
from collections.abc import Iterator
from itertools import combinations

import promql_parser as promql
import yaml

from deploy.grafana.board_file import Board, Panel, columns, fill
from deploy.prometheus_tool import CONFIG
from streams.metrics.registry import METRICS, Metric
from tests.grafana.units import unfit

COLUMNS = 24
MOST_PANELS = 30
UNITS = re.compile(r"locale|currencyUSD|bytes|percentunit|s|none|suffix: /[hs]")
SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds."""
RANGES = re.compile(r"\[(?!\$__rate_interval(?::)?\]|\$__range\]|5m\]|28d\])[^]]*\]")
"""Ranges that are none of these; 5m is Prometheus' look-back, for a table's counter (`queries.table_now`), 28d
the service level's time."""
OWN = {
    "ALERTS": {"alertname", "alertstate", "severity", "hospital"},
    "ALERTS_FOR_STATE": {"alertname", "severity", "hospital"},
    "up": SCRAPED,
    "prometheus_rule_evaluation_failures_total": SCRAPED,
    "prometheus_notifications_dropped_total": SCRAPED,
    "alertmanager_notifications_failed_total": SCRAPED,
}
"""Series of Prometheus and Alertmanager themselves."""

Labels = dict[str, set[str]]
"""Name of a series -> its labels."""


def filled(expr: str) -> str:
    """An expression as Prometheus may be asked it."""
    return fill(expr, rate_interval=60, span=3600, hospital="010033")


def _exposed(metric: Metric) -> Iterator[tuple[str, set[str]]]:
    labels = {*metric.labels, *SCRAPED}
    if metric.kind == "histogram":
        yield f"{metric.name}_bucket", labels | {"le"}
        yield f"{metric.name}_count", labels
        yield f"{metric.name}_sum", labels
    else:
        yield metric.name, labels


def _recorded() -> Labels:
    """Recorded series with the labels that their aggregation leaves; a rule on another rule has that one's."""
    found: Labels = {}
    for file in sorted((CONFIG.parent / "rules").glob("*.yml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    by = re.search(r"\bby \(([^)]*)\)", rule["expr"])
                    inner = next(
                        (found[name] for name in re.findall(r"[a-z_]+:[\w:]+", rule["expr"]) if name in found), None
                    )
                    labels = {label.strip() for label in by[1].split(",")} if by else inner or set()
                    found[rule["record"]] = labels | set(rule.get("labels", {}))
    return found


KNOWN: Labels = {**dict(pair for metric in METRICS for pair in _exposed(metric)), **_recorded(), **OWN}


CLOSED = {
    (name, label): set(values)
    for metric in METRICS
    for name, _ in _exposed(metric)
    for label, values in metric.labels.items()
}
"""Series and label -> its values; empty where what is loaded closes it."""


def wrong(saved: Board) -> list[str]:
    """Everything that breaks a rule."""
    return [*_frame(saved), *_grid(saved.panels), *_panels(saved), *_expressions(saved), *unfit(saved)]


def _frame(saved: Board) -> Iterator[str]:
    json = saved.json
    if json["schemaVersion"] != 42 or json["editable"] is not False:
        yield "schemaVersion is not 42, or editable"
    variables = {one["name"]: one for one in json["templating"]["list"]}
    source = variables.get("datasource", {})
    if (source.get("type"), source.get("query")) != ("datasource", "prometheus"):
        yield "no data source variable named datasource"
    elif source["current"]["value"] != "prometheus":
        yield "the data source is not the provisioned one"
    for name in saved.variable_queries:
        if variables[name]["refresh"] != 2:
            yield f"${name} is not asked again when the time range changes"
    for link in json["links"]:
        if not (link["keepTime"] and link["includeVars"]):
            yield f"the link {link['title']} loses time range or variables"
    if not json["links"]:
        yield "no link to the other dashboard"


def _grid(panels: tuple[Panel, ...]) -> Iterator[str]:
    if len({panel.id for panel in panels}) < len(panels) or any(panel.id < 1 for panel in panels):
        yield "panel ids are not unique"
    if sum(panel.kind != "row" for panel in panels) > MOST_PANELS:
        yield f"more than {MOST_PANELS} panels"
    for panel in panels:
        if panel.x < 0 or panel.width < 1 or panel.height < 1 or panel.x + panel.width > COLUMNS:
            yield f"{panel.title}: outside the grid"
    for one, two in combinations(panels, 2):
        if (
            one.x < two.x + two.width
            and two.x < one.x + one.width
            and one.y < two.y + two.height
            and two.y < one.y + one.height
        ):
            yield f"{one.title} overlaps {two.title}"


def _panels(saved: Board) -> Iterator[str]:
    for panel in saved.panels:
        if not panel.title:
            yield f"panel {panel.id} has no title"
        if panel.kind == "row":
            continue
        defaults = panel.json["fieldConfig"]["defaults"]
        if not UNITS.fullmatch(defaults.get("unit", "")):
            yield f"{panel.title}: unit {defaults.get('unit')!r}"
        if len(panel.json["description"]) < 40:
            yield f"{panel.title}: no description that says what a rise means"
        if not defaults["thresholds"]["steps"]:
            yield f"{panel.title}: no thresholds"
        refs = [target.ref for target in panel.targets]
        if not refs or len(set(refs)) < len(refs) or not all(refs):
            yield f"{panel.title}: refIds {refs}"
        if panel.kind in ("table", "geomap"):
            yield from _table(panel)
        elif len(refs) > 1 and not all(target.legend for target in panel.targets):
            yield f"{panel.title}: a query without a legend beside another"
        sources = [panel.json, *panel.json["targets"]]
        if any(one["datasource"] != {"type": "prometheus", "uid": "${datasource}"} for one in sources):
            yield f"{panel.title}: another data source than $datasource"
        shares = [target for target in panel.targets if "conversation_local:ratio" in target.expr]
        if shares and not any(target.legend == "unknown" for target in panel.targets):
            yield f"{panel.title}: a local share without unknown beside it"


def _table(panel: Panel) -> Iterator[str]:
    """Every query is a column, every column is a query's or a label, and titles are there and different."""
    shown = columns(panel)
    values = {"Value"} if len(panel.targets) == 1 else {f"Value #{target.ref}" for target in panel.targets}
    fields = {one.field for one in shown}
    if missing := values - fields:
        yield f"{panel.title}: no column for {', '.join(sorted(missing))}"
    if not all(target.table and target.instant for target in panel.targets):
        yield f"{panel.title}: a query that gives no rows"
    titles = [one.title for one in shown]
    if len(set(titles)) < len(titles) or not all(titles):
        yield f"{panel.title}: titles {titles}"
    named = {override["matcher"]["options"] for override in panel.json["fieldConfig"]["overrides"]}
    if stray := named - set(titles):
        yield f"{panel.title}: a rule for a column that is not there: {', '.join(sorted(stray))}"
    labels = {one.field for one in shown if not one.field.startswith("Value")}
    if unknown := {label for label in labels if not any(label in target.expr for target in panel.targets)}:
        yield f"{panel.title}: no query mentions {', '.join(sorted(unknown))}"


def _expressions(saved: Board) -> Iterator[str]:
    for panel, target in saved.queries():
        if RANGES.search(target.expr):
            yield f"{panel.title}: a range of its own in {target.expr}"
        yield from (f"{panel.title}: {line}" for line in wrong_in(target.expr, target.legend))
    for expr in (*saved.variable_queries.values(), *saved.annotation_queries):
        yield from wrong_in(expr)


def wrong_in(expr: str, legend: str = "") -> Iterator[str]:
    """What is wrong with an expression, and with the labels in the legend of its series."""
    try:
        tree = promql.parse(filled(expr))
    except ValueError as error:
        yield f"{error} in {expr}"
        return
    known: set[str] = set()
    grouped: set[str] = set()
    made: set[str] = set()
    problems: list[str] = []

    def visit(node: promql.Expr) -> bool:
        if isinstance(node, promql.VectorSelector):
            problems.extend(_selector(node, known))
        elif isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)
        elif isinstance(node, promql.BinaryExpr) and node.modifier is not None:
            grouped.update(node.modifier.matching.labels if node.modifier.matching is not None else ())
            grouped.update(node.modifier.group_labels or ())
        elif isinstance(node, promql.Call) and node.func.name == "label_replace":
            made.add(node.args[1].val)
        return True

    promql.walk(tree, visit)
    yield from problems
    if stray := grouped - known:
        yield f"grouped by {', '.join(sorted(stray))}, which no series has, in {expr}"
    named = set(re.findall(r"{{(\w+)}}", legend))
    if legend and (stray := made - named):
        yield f"{', '.join(sorted(stray))} made and not in the legend, in {expr}"
    if stray := named - known - made:
        yield f"named by {', '.join(sorted(stray))}, which no series has, in {expr}"
    if re.search(r"\b(sum|avg)( by \([^)]*\))? ?\((pipeline_remembered|conversation_suppressed)", expr):
        yield f"a gauge of several workers is summed without max by in {expr}"
    # A process' counter starts at zero with it and says nothing alone; a table's is a total.
    if re.search(r"(?<!rate\()(?<!increase\()\b(pipeline|source|x|bluesky)_\w+_total\b", expr):
        yield f"a process' counter outside rate or increase in {expr}"
    if re.search(
        r"(?<!max_over_time\()(?<!min_over_time\()(?<!count\()(?<!\(hospital\) \()\bconversation_\w+_total\b", expr
    ):
        yield f"a table's counter that is not the highest of its workers' in {expr}"


def _selector(node: promql.VectorSelector, known: set[str]) -> Iterator[str]:
    labels = KNOWN.get(node.name or "")
    if labels is None:
        yield f"{node.name} is neither declared nor recorded"
        return
    known |= labels
    matched = {one.name for one in node.matchers.matchers}
    if stray := matched - labels:
        yield f"{node.name} has no label {', '.join(sorted(stray))}"
    for one in node.matchers.matchers:
        closed = CLOSED.get((str(node.name), one.name), set())
        if closed and not set(one.value.split("|")) <= closed:
            yield f"{node.name} has no {one.name}={one.value!r}"
    if ":" not in str(node.name) and node.name not in OWN and "job" not in matched:
        yield f"{node.name} without its job"
