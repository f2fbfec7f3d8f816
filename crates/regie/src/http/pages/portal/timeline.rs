//! `/mijn/tijdlijn`: what happened with my data, in plain sentences, by day, with filters. The newest fifty; the rest on asking.

use askama::Template;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use super::terms::{inside, sentence};
use crate::engine::timeline::{Asked, Cursor, Happened, Kind, Row, Timeline};
use crate::http::pages::asked::InQuery;
use crate::http::pages::caller::Caller;
use crate::http::pages::frame::Frame;
use crate::http::pages::problem::refused;
use crate::http::pages::telling::{Names, tell};
use crate::http::pages::words::Words;

/// How many rows a page shows.
const ROWS: usize = 50;

/// `?kind=…&before=…`
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wish {
    kind: Option<String>,
    before: Option<String>,
}

/// A filter to choose.
#[derive(Debug)]
struct Filter {
    /// Where it leads.
    to: String,
    name: String,
    /// How many there are; of uses, on how many days.
    count: Option<String>,
    chosen: bool,
}

/// One sentence.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    /// The drawing beside it, which also is its class.
    mark: &'static str,
    text: String,
    note: Option<String>,
    /// "15.20", where it happened at a moment.
    clock: Option<String>,
}

/// The sentences of one day, or of some days that say the same.
#[derive(Debug, PartialEq, Eq)]
struct DayLines {
    name: String,
    lines: Vec<Line>,
    /// Which days, newest first, where they are more than one.
    days: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "portal/timeline.html")]
struct TimelinePage {
    f: Frame,
    filters: Vec<Filter>,
    days: Vec<DayLines>,
    empty: String,
    /// The next page, if there is one.
    more: Option<String>,
    /// The page begins somewhere in the past.
    continued: bool,
}

pub(super) async fn show(mut caller: Caller, InQuery(wish): InQuery<Wish>) -> Response {
    let kind = wish.kind.as_deref().and_then(Kind::of_code);
    let before = wish.before.as_deref().and_then(Cursor::parse);
    let asked = Asked { before, kinds: kind.into_iter().collect(), limit: ROWS };
    match caller.read(move |engine, customer| engine.timeline(customer, &asked)).await {
        Ok(timeline) => {
            let page = page(&mut caller, &timeline, kind, before);
            caller.page(&page)
        }
        Err(error) => refused(caller, &error),
    }
}

fn page(caller: &mut Caller, timeline: &Timeline, kind: Option<Kind>, before: Option<Cursor>) -> TimelinePage {
    let (t, dates) = (caller.words, caller.dates());
    let names = Names::new(t, &caller.site.engine);
    let mut days: Vec<(Date, DayLines)> = Vec::new();
    for row in &timeline.rows {
        let told = tell(&dates, &names, row);
        let line = Line { mark: mark(row), text: told.text, note: told.note, clock: row.at.map(|at| dates.clock(at)) };
        match days.last_mut() {
            Some((day, of_day)) if *day == row.day => of_day.lines.push(line),
            _ => days.push((row.day, DayLines { name: dates.civil(row.day), lines: vec![line], days: Vec::new() })),
        }
    }
    let days = together(t, days.into_iter().map(|(_, day)| day).collect());
    TimelinePage {
        f: caller.frame(t.get("timeline-title")),
        filters: filters(t, timeline, kind),
        days,
        empty: t.get(if kind.is_some() { "timeline-empty-kind" } else { "timeline-empty" }),
        more: timeline.next.map(|next| address(kind, Some(next))),
        continued: before.is_some(),
    }
}

/// Days one after another with one same sentence each, and no time to it, are told as one.
fn together(t: Words, days: Vec<DayLines>) -> Vec<DayLines> {
    let mut out: Vec<DayLines> = Vec::new();
    for day in days {
        match out.last_mut() {
            Some(last) if last.lines == day.lines && matches!(day.lines.as_slice(), [line] if line.clock.is_none()) => {
                if last.days.is_empty() {
                    last.days.push(last.name.clone());
                }
                last.days.push(day.name);
            }
            _ => out.push(day),
        }
    }
    for day in &mut out {
        if let [newest, .., oldest] = day.days.as_slice() {
            day.name = t.with("timeline-span", &[("first", oldest.into()), ("last", newest.into())]);
            for line in &mut day.lines {
                line.text = t.with("timeline-each", &[("count", day.days.len().into()), ("text", inside(&line.text).into())]);
            }
        }
        for name in day.days.iter_mut().chain([&mut day.name]) {
            *name = sentence(name);
        }
    }
    out
}

fn filters(t: Words, timeline: &Timeline, chosen: Option<Kind>) -> Vec<Filter> {
    let all = Filter { to: address(None, None), name: t.get("timeline-all"), count: None, chosen: chosen.is_none() };
    let of = |kind: Kind| {
        let name = match kind {
            Kind::Choices => t.get("timeline-choices"),
            Kind::Uses => t.get("timeline-uses"),
            Kind::Disclosures => t.get("timeline-disclosures"),
            Kind::Events => t.get("timeline-events"),
            Kind::Account => t.get("timeline-account"),
        };
        let count = timeline.totals.0.get(&kind).copied();
        let is_there = count.is_some() || chosen == Some(kind);
        let count = count.map(|count| match kind {
            // Uses are known by the day only, without reading them.
            Kind::Uses => t.with("timeline-days", &[("count", usize::try_from(count).unwrap_or(usize::MAX).into())]),
            _ => count.to_string(),
        });
        is_there.then(|| Filter { to: address(Some(kind), None), name, count, chosen: chosen == Some(kind) })
    };
    std::iter::once(all).chain(Kind::ALL.into_iter().filter_map(of)).collect()
}

fn address(kind: Option<Kind>, before: Option<Cursor>) -> String {
    let kind = kind.map(|kind| format!("kind={}", kind.code()));
    let before = before.map(|before| format!("before={before}"));
    let query: Vec<String> = kind.into_iter().chain(before).collect();
    if query.is_empty() { "/mijn/tijdlijn".into() } else { format!("/mijn/tijdlijn?{}", query.join("&")) }
}

/// The drawing beside a sentence.
fn mark(row: &Row) -> &'static str {
    match &row.what {
        Happened::Chose(choice) if choice.choice == "given" || choice.choice == "objection_ended" => "yes",
        Happened::Restriction(past) if past.change == "lifted" => "yes",
        Happened::Stated { .. } => "yes",
        Happened::Previewed { .. } => "use",
        Happened::MailAsked { .. } | Happened::MailClosed { .. } => "out",
        Happened::Chose(_) | Happened::Restriction(_) | Happened::Unstated { .. } => "no",
        Happened::Used { allowed: true, .. } => "use",
        Happened::Used { allowed: false, .. } => "blocked",
        Happened::Disclosed(_) => "out",
        Happened::Collected { .. } => "in",
        _ => "who",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::words::Language;

    #[test]
    fn days_that_say_the_same_are_told_as_one() {
        let line = |text: &str, clock: Option<&str>| Line { mark: "in", text: text.into(), note: None, clock: clock.map(Into::into) };
        let day = |name: &str, lines: Vec<Line>| DayLines { name: name.into(), lines, days: Vec::new() };
        let days = || {
            vec![
                day("vandaag", vec![line("A", None)]),
                day("maandag", vec![line("A", None)]),
                day("Zondag", vec![line("A", None), line("B", None)]),
                day("Zaterdag", vec![line("A", None)]),
                day("Vrijdag", vec![line("C", Some("9.00"))]),
                day("Donderdag", vec![line("C", Some("9.00"))]),
            ]
        };
        let t = Words::new(Language::Dutch);
        let told = together(t, days());
        assert_eq!(told.len(), 5);
        assert_eq!(told[0].name, "Maandag tot en met vandaag");
        assert_eq!(told[0].days, ["Vandaag", "Maandag"]);
        assert_eq!(told[0].lines[0].text, t.with("timeline-each", &[("count", 2.into()), ("text", "A".into())]));
        assert_eq!(told[1..], days()[2..], "what differs, or has a time, stays by itself");
        let (mut newest, mut oldest) = (days().remove(0), days().remove(1));
        (newest.name, oldest.name) = ("Sunday 22 November".into(), "Friday 20 November".into());
        assert_eq!(together(Words::new(Language::English), vec![newest, oldest])[0].name, "Friday 20 November to Sunday 22 November");
    }
}
