//! What folding needs of an event, read straight from its sealed text.
//!
//! A replay reads every event there ever was; whole [`Fact`]s would cost it ten small allocations each, made on one thread and
//! freed on another. Invariant: reading a sketch from an event's text gives what [`Sketch::of`] makes of the event, so the
//! running engine and a replay fold the same. Left out: everything that no view holds (prices, orders, pages).

use std::borrow::Cow;
use std::fmt;

use regie_domain::fact::{Choice, Chosen, Event, EventName, Evidence, Fact, Until, VisitId};
use regie_domain::ids::EventId;
use regie_domain::time::Time;
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::contribution::{Held, counts_from};
use super::views::catalogue::ItemIx;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sketch {
    /// When it happened, by the source's word.
    pub happened_at: Time,
    /// When it was recorded.
    pub recorded_at: Time,
    /// By it a retry is known.
    pub message: u64,
    /// What happened.
    pub name: EventName,
    /// The source that said so, by its id.
    pub source: SourceName,
    /// Its public name.
    pub id: EventId,
    /// Its visit.
    pub visit: u64,
    /// The source ruled it out for the customer's recommendations.
    pub not_recommend: bool,
    /// The source ruled it out for the model.
    pub not_teach: bool,
    items: Names,
}

/// A source's id, without an allocation for a short one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceName(SmallVec<[u8; 16]>);

impl SourceName {
    fn of(id: &str) -> SourceName {
        SourceName(SmallVec::from_slice(id.as_bytes()))
    }

    /// The id.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// A fact as a replay takes it in.
#[derive(Debug)]
pub(super) enum Read {
    /// An event.
    Event(Sketch),
    /// Anything else. A choice comes without its salt and its request, which no view holds.
    Other(Box<Fact>),
}

impl Read {
    /// Reads a payload.
    ///
    /// # Errors
    /// As reading a [`Fact`] would give.
    pub(super) fn from_payload(payload: &[u8]) -> serde_json::Result<Read> {
        // The tag comes first in everything that we write; what is written otherwise takes the long way.
        if payload.starts_with(br#"{"kind":"event_kept","#)
            && let Ok(event) = serde_json::from_slice::<WireEvent<'_>>(payload)
        {
            return Ok(Read::Event(event.into()));
        }
        if payload.starts_with(br#"{"kind":"chosen","#)
            && let Ok(choice) = serde_json::from_slice::<WireChoice<'_>>(payload)
            && let Some(choice) = choice.into_choice()
        {
            return Ok(Read::Other(Box::new(Fact::Chosen(choice))));
        }
        Ok(match serde_json::from_slice(payload)? {
            Fact::EventKept(event) => Read::Event(Sketch::of(&event)),
            other => Read::Other(Box::new(other)),
        })
    }
}

impl Sketch {
    /// Of an event.
    pub(super) fn of(event: &Event) -> Sketch {
        let mut items = Names::default();
        event.lines.iter().for_each(|line| items.push(&line.item));
        let not_for = |purpose: &str| event.not_for.iter().any(|p| p == purpose);
        Sketch {
            happened_at: event.happened_at,
            recorded_at: event.recorded_at,
            message: event.message,
            name: event.name,
            source: SourceName::of(&event.source),
            id: event.id,
            visit: event.visit.0,
            not_recommend: not_for("recommendations"),
            not_teach: not_for("model-improvement"),
            items,
        }
    }

    /// Does it say anything of items, other than taking something back?
    pub(super) fn says_of_items(&self) -> bool {
        !self.items.0.is_empty() && !matches!(self.name, EventName::OrderRefunded | EventName::ProductRemoved)
    }

    /// Its items' ids.
    pub(super) fn items(&self) -> impl Iterator<Item = &str> {
        self.items.iter()
    }

    /// When it happened, and from when its terms count, both in seconds.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.happened_at.seconds32(), counts_from(self.happened_at, self.recorded_at))
    }

    /// What contributions need of it; `None` if it does not [say anything of items](Sketch::says_of_items).
    pub(super) fn hold(&self, intern: impl FnMut(&str) -> Option<ItemIx>) -> Option<Held> {
        if !self.says_of_items() {
            return None;
        }
        let (at, from) = self.counts();
        Some(Held {
            id: self.id,
            visit: self.visit,
            at,
            from,
            bought: self.name.is_purchase(),
            not_recommend: self.not_recommend,
            not_teach: self.not_teach,
            items: self.items().filter_map(intern).collect(),
        })
    }
}

/// The items' names one after another, each with its length before it: no allocation for a few.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names(SmallVec<[u8; 64]>);

impl Names {
    fn push(&mut self, name: &str) {
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(&name.as_bytes()[..usize::from(length)]);
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first_chunk::<2>()?;
            let (name, after) = after.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
            rest = after;
            std::str::from_utf8(name).ok()
        })
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(lines: D) -> Result<Names, D::Error> {
        #[derive(serde::Deserialize)]
        struct Line<'a> {
            #[serde(borrow)]
            item: Cow<'a, str>,
        }
        struct Lines;
        impl<'de> Visitor<'de> for Lines {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("lines")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while let Some(line) = lines.next_element::<Line<'de>>()? {
                    if line.item.len() > usize::from(u16::MAX) {
                        return Err(de::Error::custom("an item's id is too long"));
                    }
                    names.push(&line.item);
                }
                Ok(names)
            }
        }
        lines.deserialize_seq(Lines)
    }
}

/// The fields of an event that a sketch has; the others are skipped.
#[derive(serde::Deserialize)]
struct WireEvent<'a> {
    id: EventId,
    name: EventName,
    #[serde(borrow)]
    source: Cow<'a, str>,
    visit: VisitId,
    happened_at: i64,
    recorded_at: i64,
    #[serde(default)]
    lines: Names,
    #[serde(borrow, default)]
    not_for: Vec<Cow<'a, str>>,
    #[serde(default)]
    message: u64,
}

impl From<WireEvent<'_>> for Sketch {
    fn from(event: WireEvent<'_>) -> Sketch {
        let not_for = |purpose: &str| event.not_for.iter().any(|p| p == purpose);
        let (not_recommend, not_teach) = (not_for("recommendations"), not_for("model-improvement"));
        Sketch {
            happened_at: Time::from_millis(event.happened_at),
            recorded_at: Time::from_millis(event.recorded_at),
            message: event.message,
            name: event.name,
            source: SourceName::of(&event.source),
            id: event.id,
            visit: event.visit.0,
            not_recommend,
            not_teach,
            items: event.lines,
        }
    }
}

/// A choice laid flat, because reading a tagged part of a tagged whole would copy it twice.
#[derive(serde::Deserialize)]
struct WireChoice<'a> {
    purpose: String,
    #[serde(borrow)]
    choice: Cow<'a, str>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    recipients: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
    until: Option<Until>,
    visit: Option<VisitId>,
    request: Option<String>,
    at: i64,
    evidence: Option<Evidence>,
}

impl WireChoice<'_> {
    /// `None` for anything but the usual: then the long way decides what is wrong.
    fn into_choice(self) -> Option<Choice> {
        let WireChoice { purpose, choice, categories, recipients, channels, until, visit, request, at, evidence } = self;
        let what = match &*choice {
            "given" => Chosen::Given { categories, recipients, channels, until: until? },
            "refused" => Chosen::Refused,
            "withdrawn" => Chosen::Withdrawn,
            "invalidated" => Chosen::Invalidated,
            "used_up" => Chosen::UsedUp { request: request? },
            "visit_ended" => Chosen::VisitEnded { visit: visit? },
            "left_behind" => Chosen::LeftBehind,
            "objected" => Chosen::Objected,
            "objection_ended" => Chosen::ObjectionEnded,
            _ => return None,
        };
        Some(Choice { purpose, what, at: Time::from_millis(at), evidence, salt: String::new(), by_request: String::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regie_domain::fact::{Actor, Line, Order};

    fn event(name: EventName, items: &[&str], not_for: &[&str]) -> Event {
        Event {
            id: EventId(7 << 70),
            name,
            source: "shop".into(),
            visit: VisitId(u64::MAX),
            happened_at: Time::from_millis(1_790_000_000_123),
            recorded_at: Time::from_millis(1_790_000_001_456),
            time_doubted: true,
            lines: items.iter().map(|i| Line { item: (*i).to_owned(), quantity: 3, cents: Some(-5) }).collect(),
            query: Some("tea \"x\"".into()),
            page: None,
            order: Some(Order { id: "o".into(), ..Order::default() }),
            store: Some("s".into()),
            not_for: not_for.iter().map(|p| (*p).to_owned()).collect(),
            message: 9,
        }
    }

    #[test]
    fn a_sketch_says_what_the_event_says() {
        let all = [
            event(EventName::OrderCompleted, &["a", "caf\u{e9} \"\n\u{0}", "a"], &["model-improvement"]),
            event(EventName::ProductViewed, &["b"], &["recommendations", "demand-insight"]),
            event(EventName::OrderRefunded, &["b"], &[]),
            event(EventName::PageViewed, &[], &[]),
        ];
        for event in all {
            let payload = serde_json::to_vec(&Fact::EventKept(event.clone())).unwrap();
            let Ok(Read::Event(sketch)) = Read::from_payload(&payload) else { panic!("not read as an event") };
            assert_eq!(sketch, Sketch::of(&event));
        }
    }

    #[test]
    fn a_choice_is_read_as_it_was_written_but_for_salt_and_request() {
        let given = |until| Chosen::Given {
            categories: vec!["purchases".into()],
            recipients: vec!["retailer".into()],
            channels: vec!["web".into()],
            until,
        };
        let all = [
            given(Until::Moment(Time::from_millis(5))),
            given(Until::Visit(VisitId(3))),
            given(Until::Once),
            given(Until::Withdrawn),
            Chosen::Refused,
            Chosen::Withdrawn,
            Chosen::Invalidated,
            Chosen::UsedUp { request: "r".into() },
            Chosen::VisitEnded { visit: VisitId(3) },
            Chosen::LeftBehind,
            Chosen::Objected,
            Chosen::ObjectionEnded,
        ];
        let evidence = Evidence { policy_version: "1".into(), language: "nl".into(), method: "portal".into(), actor: Actor::Guardian };
        for (what, evidence) in all.into_iter().flat_map(|what| [(what.clone(), None), (what, Some(evidence.clone()))]) {
            let mut choice =
                Choice { purpose: "p".into(), what, at: Time::from_millis(9), evidence, salt: "00".into(), by_request: "9".into() };
            let payload = serde_json::to_vec(&Fact::Chosen(choice.clone())).unwrap();
            choice.salt.clear();
            choice.by_request.clear();
            assert!(serde_json::from_slice::<WireChoice<'_>>(&payload).is_ok_and(|c| c.into_choice().as_ref() == Some(&choice)));
        }
    }

    #[test]
    fn what_is_no_fact_is_refused() {
        for payload in [
            "",
            "{}",
            r#"{"kind":"event_kept","id":1}"#,
            r#"{"kind":"chosen","choice":"shrugged","purpose":"p","at":1}"#,
            r#"{"kind":"later"}"#,
        ] {
            assert!(Read::from_payload(payload.as_bytes()).is_err(), "{payload}");
        }
    }
}
