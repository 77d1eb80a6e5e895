"""What stands on the pages of a report: headings, sentences, tables and charts, without form or colour.

Owns the order and the choice of words. Refuses a number that is not in the report's data, and one without its
interval or sample size.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from perenne.hub.reports.charts import Chart, WeekFigure, draw_signal, draw_weeks
from perenne.hub.reports.rules import MEASURING, verdict_on
from perenne.hub.reports.wording import Wording
from perenne.wire.performance import Certificate, Estimate, MetricFigure, PerformancePeriod
from perenne.wire.reports import (
    MonthlyReport,
    ReportedQuality,
    ReportedReason,
)

METRICS_SHOWN = ("f1", "recall", "precision", "mae")


@dataclass(frozen=True)
class Text:
    """A paragraph. `mark`: a sentence that must not be missed; `hash`: digits to compare."""

    text: str
    kind: Literal["body", "lead", "mark", "small", "hash"] = "body"


@dataclass(frozen=True)
class Table:
    """A table; `widths` are the parts of its columns on paper."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Charts:
    """Charts with the lines of their captions, so many beside each other."""

    items: tuple[tuple[Chart, tuple[str, ...]], ...]
    per_row: int


@dataclass(frozen=True)
class Notes:
    """Numbered remarks."""

    items: tuple[str, ...]


Block = Text | Table | Charts | Notes


@dataclass(frozen=True)
class Section:
    """A heading (or none) and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report, ready to be written. `foot` stands on each page of paper."""

    language: str
    title: str
    about: str
    sections: tuple[Section, ...]
    foot: str
    lacking: str
    """What to say where the typeface lacks a character."""


def compose_report(report: MonthlyReport, *, data_sha256: str, words: Wording) -> Document:
    """Return the pages of a report in the language of `words`."""
    month = words.month(report.month)
    room = words.texts["title"]
    sections = [Section("", tuple(_head(report, words=words)))]
    if report.verdict != "empty":
        sections += [
            Section(room["certificates"], tuple(_certificates(report, words=words))),
            Section(room["performance"], tuple(_performance(report, words=words))),
            Section(room["incidents"], (_incidents(report, words=words),)),
            Section(room["quality"], tuple(_quality(report.quality, words=words))),
            Section(room["signals"], tuple(_signals(report, words=words))),
            Section(room["changes"], (_changes(report, words=words),)),
            Section(room["estimates"], (_estimates(report, words=words),)),
        ]
    sections += [
        Section(room["notes"], (_notes(report, words=words),)),
        Section(room["compare"], tuple(_compare(report, data_sha256=data_sha256, words=words))),
    ]
    return Document(
        language=words.language,
        title=words.say("head.title", name=report.name, month=month),
        about=words.say("head.about", site=report.site, zone=report.time_zone),
        sections=tuple(sections),
        foot=words.say("compare.page", site=report.site, month=month, page="{page}"),
        lacking=words.say("compare.glyphs"),
    )


def _head(report: MonthlyReport, *, words: Wording) -> Iterable[Block]:
    month = words.month(report.month)
    yield Text(_verdict(report, month=month, words=words), "lead")
    if not report.finished:
        yield Text(words.say("head.running"), "mark")
    if report.verdict == "empty":
        return
    versions = [
        words.say(
            "verdict.version", name=f"{one.model.name}:{one.model.number}", n=words.count(one.n_inspected)
        )
        for one in report.versions
    ]
    refused = report.quality.refused_share
    yield Text(
        words.say(
            "verdict.summary",
            images=words.count(sum(one.n_inspected for one in report.versions)),
            versions=words.say("verdict.by", versions=words.join(versions)) if versions else "",
            incidents=len(report.incidents),
            open=sum(one.state != "closed" for one in report.incidents),
            refused=words.shares(refused.value, refused.low, refused.high)
            if refused
            else words.say("verdict.not_judged"),
        )
    )


def _verdict(report: MonthlyReport, *, month: str, words: Wording) -> str:
    found = [verdict_on(one.state, falling=one.degraded_since is not None) for one in report.certificates]
    if report.verdict in ("empty", "no_claim"):
        return words.say(f"verdict.{report.verdict}", month=month)
    counted = found.count(report.verdict)
    given = {report.verdict: words.count(counted), "n": words.count(len(found))}
    return words.say_number(f"verdict.{report.verdict}", counted, **given)


def _certificates(report: MonthlyReport, *, words: Wording) -> Iterable[Block]:
    if not report.certificates:
        yield Text(words.say("certificate.none"))
        return
    rows = [_certificate(one, words=words) for one in report.certificates]
    yield Table(words.columns("certificate"), tuple(rows), (24, 17, 19, 15, 17, 12))
    models = {f"{one.model.name}:{one.model.number}" for one in report.certificates if one.model}
    told = words.say("certificate.model", model=words.join(sorted(models)))
    yield Text(told if models else words.say("certificate.nobody"), "small")
    for one in report.certificates:
        if one.why_open and one.n_labels:
            claim = _claim(one, words=words)
            why = words.sentence(one.why_open_said, one.why_open)
            yield Text(words.say("certificate.why_open", claim=claim, why=why), "small")


def _claim(one: Certificate, *, words: Wording) -> str:
    return words.say(
        "certificate.claim",
        metric=words.name("metric", one.metric),
        limit=words.number(one.at_least),
        stream=words.name("stream", one.stream),
        schema=one.label_schema,
    )


def _certificate(one: Certificate, *, words: Wording) -> tuple[str, ...]:
    nothing = words.say("format.nothing")
    day = words.day(one.decided_at) if one.decided_at else nothing
    state = words.say(f"certificate.{one.state}", day=day)
    if one.degraded_since is not None:
        state = words.say("certificate.degraded", state=state, day=words.day(one.degraded_since))
    known = one.value is not None and one.low is not None and one.high is not None
    left = None if one.labels_left is None else words.say_number("certificate.left", one.labels_left)
    return (
        _claim(one, words=words),
        state,
        words.interval(one.value, one.low, one.high) if known else nothing,  # type: ignore[arg-type]
        words.say("certificate.labels", labels=words.count(one.n_labels), objects=words.count(one.n_objects)),
        words.say("certificate.promise", alpha=words.percent(one.alpha)),
        left or nothing,
    )


def _performance(report: MonthlyReport, *, words: Wording) -> Iterable[Block]:
    if not report.periods:
        yield Text(words.say("performance.none"))
    drawn = [(stream, figures) for stream in MEASURING if (figures := _weeks_of(report, stream))]
    charts = []
    for stream, figures in drawn:
        told = words.say(
            "performance.chart",
            metric=words.name("metric", report.primary),
            stream=words.name("stream", stream),
        )
        limits = [
            one.at_least
            for one in report.certificates
            if (one.metric, one.stream) == (report.primary, stream)
        ]
        chart = draw_weeks(
            figures, words=words, told=told, limit=max(limits, default=None), beside=len(drawn)
        )
        charts.append((chart, (told,)))
    if charts:
        yield Charts(tuple(charts), per_row=len(charts))
    if report.periods:
        seen = {figure.metric for one in report.periods for figure in one.figures}
        metrics = [name for name in METRICS_SHOWN if name in seen]
        columns = words.columns("performance")
        titles = tuple(words.name("metric", name) for name in metrics)
        ordered = sorted(
            report.periods, key=lambda one: (MEASURING.index(one.stream), one.week, _version(one))
        )
        rows = [_period(one, metrics, words=words) for one in ordered]
        yield Table((*columns[:3], *titles, columns[3]), tuple(rows), (14, 14, 14, *[24] * len(metrics), 15))
    if report.other_labels:
        yield Text(words.say_number("performance.others", report.other_labels), "small")


def _weeks_of(report: MonthlyReport, stream: str) -> list[WeekFigure]:
    return [
        WeekFigure(one.week, _version(one), found.value, found.low, found.high, found.n_images)
        for one in report.periods
        if one.stream == stream
        and (found := _figure_of(one, report.primary)) is not None
        and found.value is not None
    ]


def _period(one: PerformancePeriod, metrics: list[str], *, words: Wording) -> tuple[str, ...]:
    return (
        words.day(one.week),
        _version(one),
        words.name("stream", one.stream),
        *(_tell_figure(_figure_of(one, name), words=words) for name in metrics),
        f"{words.count(one.n_labelled)} / {words.count(one.n_inspected)}",
    )


def _version(one: PerformancePeriod) -> str:
    return f"{one.model.name}:{one.model.number}"


def _figure_of(one: PerformancePeriod, metric: str) -> MetricFigure | None:
    return next((figure for figure in one.figures if figure.metric == metric), None)


def _tell_figure(figure: MetricFigure | None, *, words: Wording) -> str:
    if figure is None or figure.value is None:
        return words.say("format.nothing")
    n = words.count(figure.n_images)
    if figure.low is None or figure.high is None:
        return words.say("performance.few", value=words.number(figure.value), n=n)
    interval = words.interval(figure.value, figure.low, figure.high)
    return words.say("performance.figure", interval=interval, n=n)


def _incidents(report: MonthlyReport, *, words: Wording) -> Block:
    if not report.incidents:
        return Text(words.say("incident.none"))
    rows = []
    for one in report.incidents:
        at = words.moment(one.onset_at)
        since = words.say("incident.at_once", at=at)
        if one.delay_images:
            since = words.say_number("incident.since", one.delay_images, at=at)
            if one.unit in ("lot", "block"):
                since = words.say(f"incident.by_{one.unit}", since=since)
        cause = words.say("incident.seeking")
        if one.cause is not None:
            cause = words.name("cause", one.cause)
            if one.confirmed:
                cause = words.say("incident.confirmed", cause=cause)
            if one.action is not None:
                cause = words.say("incident.acted", cause=cause, action=words.name("action", one.action))
        end = words.say(f"incident.{one.state}") if one.state != "closed" else ""
        if one.closed_at is not None:
            end = words.say(
                "incident.closed",
                at=words.moment(one.closed_at),
                by=one.closed_by or "",
                reason=one.close_reason or "",
            )
        stations = [report.station_names.get(slug, slug) for slug in one.stations]
        place = words.say("incident.place", number=one.number, stations=words.join(stations))
        rows.append((place, words.channel(one.main_channel), since, cause, end))
    return Table(words.columns("incident"), tuple(rows), (12, 16, 20, 28, 28))


def _quality(quality: ReportedQuality, *, words: Wording) -> Iterable[Block]:
    refused, flagged = quality.refused_share, quality.flagged_share
    if refused is None or flagged is None:
        key = "quality.unjudged" if quality.n_images else "quality.none"
        yield Text(words.say(key, n=words.count(quality.n_images)))
        return
    shares = {
        name: words.say(
            "quality.share", n=words.count(n), interval=words.shares(share.value, share.low, share.high)
        )
        for name, n, share in (
            ("refused", quality.refused, refused),
            ("flagged", quality.flagged, flagged),
        )
    }
    counts = {"n": words.count(quality.n_images), "judged": words.count(quality.n_judged)}
    yield Text(words.say("quality.told", **counts, **shares))
    for name, reasons in (("refused", quality.refused_reasons), ("flagged", quality.flagged_reasons)):
        if reasons:
            yield Text(words.say(f"quality.{name}", reasons=_reasons(reasons, words=words)), "small")


def _reasons(reasons: list[ReportedReason], *, words: Wording) -> str:
    return words.join(
        [
            words.say("quality.reason", words=words.name("gate", one.code), n=words.count(one.n))
            for one in reasons
        ]
    )


def _signals(report: MonthlyReport, *, words: Wording) -> Iterable[Block]:
    signals = report.signals
    if not signals.items:
        key = "signals.none" if signals.n_watched else "signals.unwatched"
        yield Text(words.say(key, n=words.count(signals.n_watched)))
        return
    yield Text(
        words.say_number(
            "signals.told",
            signals.n_outside,
            watched=words.count(signals.n_watched),
            shown=len(signals.items),
        )
    )
    items = []
    for one in signals.items:
        station = report.station_names.get(one.station, one.station)
        product = [report.product_names.get(one.product, one.product)] if one.product else []
        place = words.join([station, *product, one.model])
        unit = words.unit(one.unit)
        first = words.day_short(one.first_outside)
        lines = (
            words.channel(one.channel) + (f" ({unit})" if unit else ""),
            place,
            words.say_number("signals.caption", one.days_outside, of=one.days, first=first),
            words.say(
                "signals.band",
                low=words.significant(one.band.q05),
                high=words.significant(one.band.q95),
                n=words.count(one.band.n),
            ),
        )
        told = words.join(list(lines))
        chart = draw_signal(one, words=words, since=report.since, until=report.until, told=told)
        items.append((chart, lines))
    yield Charts(tuple(items), per_row=3)


def _changes(report: MonthlyReport, *, words: Wording) -> Block:
    if not report.changes:
        return Text(words.say("change.none"))
    rows = [
        (
            words.moment(one.at),
            words.say(
                f"change.{one.kind}",
                what=one.what if one.kind == "deployment" else words.count(int(one.what)),
            ),
            report.station_names.get(one.station, one.station)
            if one.station
            else words.say("change.everywhere"),
            words.say("change.automatic") if one.automatic else one.by,
            words.say("change.first") if one.automatic else one.reason,
        )
        for one in report.changes
    ]
    return Table(words.columns("change"), tuple(rows), (20, 22, 14, 18, 30))


def _estimates(report: MonthlyReport, *, words: Wording) -> Block:
    if not report.estimates:
        return Text(words.say("estimate.none"))
    rows = [_estimate(one, words=words) for one in report.estimates]
    metric = words.name("metric", report.primary)
    return Table(words.columns("estimate", metric=metric), tuple(rows), (14, 14, 40, 12, 24))


def _estimate(one: Estimate, *, words: Wording) -> tuple[str, ...]:
    """Return an estimate beside its past errors; the hub holds one back that has none, and says why."""
    past = words.say("format.nothing")
    if one.mean_past_error is not None:
        error = words.number(one.mean_past_error)
        past = words.say_number("estimate.past", len(one.past_errors), error=error)
    if one.value is not None and one.low is not None and one.high is not None:
        value = words.interval(one.value, one.low, one.high)
    else:
        value = words.say("estimate.held", why=words.sentence(one.why_not_said, one.why_not))
    model = f"{one.model.name}:{one.model.number}"
    return words.day(one.week), model, value, words.count(one.n_images), past


def _notes(report: MonthlyReport, *, words: Wording) -> Notes:
    least = words.count(report.signals.least_images)
    return Notes(tuple(text.format(least=least) for text in words.texts["notes"].values()))


def _compare(report: MonthlyReport, *, data_sha256: str, words: Wording) -> Iterable[Block]:
    if report.records_until is None:
        yield Text(words.say("compare.empty"))
    else:
        yield Text(words.say("compare.records", at=words.moment(report.records_until)))
    yield Text(words.say("compare.hash", hash=data_sha256), "hash")
    yield Text(words.say("compare.how"), "small")
