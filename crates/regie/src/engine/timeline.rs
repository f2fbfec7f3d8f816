//! The timeline: everything that happened with a customer's data, newest day first.
//!
//! Folded when it is asked for, and only as much as is shown: what happened on which day is in memory, so a page of fifty rows reads
//! about fifty facts however many events the customer has. Events and uses stand as one row a day and kind, all else one by one.
//! Left out: the sentences (the pages and the interface tell them in a language), and events one by one (the export has them).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use regie_domain::collection;
use regie_domain::fact::{Actor, Consenter, ContestOutcome, EventName, Evidence, Fact, IdentifierKind, Letter, MailOutcome, Until};
use regie_domain::ids::{ContestId, Handle};
use regie_domain::information::InformationItem;
use regie_domain::time::Time;
use regie_store::journal::Outcome;

use super::Engine;
use super::api::{PastChoice, PastRestriction};
use super::disclosures::{PastDisclosure, told};
use super::ended::{Ended, EndedBy};
use super::error::EngineError;
use super::read::{invalidated, past, past_weighed};
use super::restrict::past_restriction;
use super::take_along::TAKE_ALONG;
use super::uses::date_of;
use super::views::days::{Entry, What, day_in};

/// The most rows of one page.
pub const ROWS_MAX: usize = 200;
/// How many facts are read before it is looked whether the page is full.
const READ_AT_ONCE: usize = 64;

/// What a customer can look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Consents, refusals, withdrawals, objections, and who consents.
    Choices,
    /// What was used, and what was denied.
    Uses,
    /// What went to others.
    Disclosures,
    /// What sources told the customer did.
    Events,
    /// Identifiers, attributes and joins: what we know the customer by, and corrections of it.
    Account,
}

impl Kind {
    /// All of them, in the order in which a page offers them.
    pub const ALL: [Kind; 5] = [Kind::Choices, Kind::Uses, Kind::Disclosures, Kind::Events, Kind::Account];

    /// As queries and answers write it.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Choices => "choices",
            Kind::Uses => "uses",
            Kind::Disclosures => "disclosures",
            Kind::Events => "events",
            Kind::Account => "account",
        }
    }

    /// Reads a code.
    pub fn of_code(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    fn of(what: What) -> Kind {
        match what {
            What::Event(_) => Kind::Events,
            What::Opened | What::Linked | What::Joined | What::Provided => Kind::Account,
            What::Chosen | What::Consenter | What::Restriction | What::Contest | What::Information => Kind::Choices,
            What::Used | What::Preview | What::Mailed => Kind::Uses,
            What::Disclosed => Kind::Disclosures,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Only what is older.
    pub before: Option<Cursor>,
    /// Only these kinds; all where empty.
    pub kinds: Vec<Kind>,
    /// How many rows, 1 to [`ROWS_MAX`].
    pub limit: usize,
}

/// Where a page begins: a day, and how many of that day's rows, the oldest, are still to be shown. Counted from the oldest, so what
/// comes in today moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    day: Date,
    left: u32,
}

impl Cursor {
    /// Reads `2026-06-01` (nothing of that day) or what [`Cursor`] writes.
    pub fn parse(text: &str) -> Option<Cursor> {
        let (day, left) = text.split_once('.').unwrap_or((text, "0"));
        let plain = day.len() == 10 && left.len() <= 9 && left.bytes().all(|b| b.is_ascii_digit());
        Some(Cursor { day: day.parse().ok().filter(|_| plain)?, left: left.parse().ok()? })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.left {
            0 => write!(f, "{}", self.day),
            left => write!(f, "{}.{left}", self.day),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The day it stands under: the customer's own in the policy's time zone; that of uses is UTC.
    pub day: Date,
    /// When exactly; nothing for what is summed over a day.
    pub at: Option<Time>,
    /// What happened.
    pub what: Happened,
}

/// What a row tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Happened {
    /// The customer chose.
    Chose(PastChoice),
    /// It was said who consents.
    ConsenterStated(Consenter),
    /// Uses were restricted, or that ended.
    Restriction(PastRestriction),
    /// The customer contested a decision.
    Contested {
        /// Which contest.
        contest: ContestId,
        /// What was decided for.
        purpose: String,
        /// Which decision.
        reference: Option<String>,
    },
    /// A person answered that.
    ContestAnswered {
        /// Which contest.
        contest: ContestId,
        /// What was decided for.
        purpose: String,
        /// Does the decision stand?
        outcome: ContestOutcome,
        /// Why.
        reasons: String,
    },
    /// The customer told something.
    Stated {
        /// Which item.
        item: InformationItem,
        /// What it may be used for.
        purpose: String,
        /// Who may use it.
        recipients: Vec<String>,
        /// Until when.
        until: Until,
        /// Who recorded it.
        evidence: Evidence,
    },
    /// What the customer told is told no more.
    Unstated {
        /// Which item.
        item: InformationItem,
        /// Why.
        how: Unstated,
    },
    /// What the customer told ended with something else.
    ToldEnded {
        /// Which item.
        item: InformationItem,
        /// What it was told for.
        purpose: String,
        /// With what.
        by: EndedBy,
    },
    /// The customer asked what a permission would bring.
    Previewed {
        /// Which.
        purpose: String,
        /// What was used for it.
        categories: Vec<String>,
    },
    /// Something was used on this day, or was to be.
    Used {
        /// What for.
        purpose: String,
        /// By whom.
        recipient: String,
        /// Which kinds of data.
        categories: Vec<String>,
        /// Through which channels.
        channels: Vec<String>,
        /// Did it happen?
        allowed: bool,
        /// How often: the most of any of the categories, which one use takes together.
        count: u32,
    },
    /// Something went to somebody outside.
    Disclosed(PastDisclosure),
    /// Events of one name on this day.
    Collected {
        /// Their name.
        name: EventName,
        /// Their category.
        category: &'static str,
        /// The sources they came from, those of the policy in force.
        sources: Vec<String>,
        /// How many.
        count: u32,
    },
    /// Attributes were told, or corrected.
    Provided {
        /// By which source.
        source: String,
        /// The categories of what was told.
        categories: Vec<String>,
        /// How many values.
        count: u32,
    },
    /// We came to know the customer.
    Opened {
        /// By which source.
        source: String,
        /// By a customer number, or by a device.
        kind: IdentifierKind,
    },
    /// Another identifier points at the customer now.
    Linked {
        /// By which source's word.
        source: String,
        /// A customer number, or a device.
        kind: IdentifierKind,
    },
    /// What was kept of two became one.
    Joined {
        /// On whose word.
        actor: Actor,
    },
    /// A mail to the customer was asked for.
    MailAsked {
        /// What it is.
        letter: Letter,
    },
    /// What became of one.
    MailClosed {
        /// The outcome.
        outcome: MailOutcome,
    },
}

/// Why something is told no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unstated {
    /// The customer took it back.
    TakenBack,
    /// The customer hid it, and alone reads it.
    Hidden,
    /// It was told for a visit, which was over.
    VisitEnded,
    /// It was told on a device, and did not come along when that was taken along.
    LeftBehind,
}

impl Happened {
    /// What a customer finds it under.
    pub fn kind(&self) -> Kind {
        match self {
            Happened::Chose(_)
            | Happened::ConsenterStated(_)
            | Happened::Restriction(_)
            | Happened::Contested { .. }
            | Happened::ContestAnswered { .. }
            | Happened::Stated { .. }
            | Happened::Unstated { .. }
            | Happened::ToldEnded { .. } => Kind::Choices,
            Happened::Used { .. } | Happened::Previewed { .. } | Happened::MailAsked { .. } | Happened::MailClosed { .. } => Kind::Uses,
            Happened::Disclosed(_) => Kind::Disclosures,
            Happened::Collected { .. } => Kind::Events,
            Happened::Provided { .. } | Happened::Opened { .. } | Happened::Linked { .. } | Happened::Joined { .. } => Kind::Account,
        }
    }

    /// Summed rows stand below what happened at a moment, uses above what was collected.
    fn rank(&self) -> u8 {
        match self {
            Happened::Used { .. } => 1,
            Happened::Collected { .. } => 2,
            _ => 0,
        }
    }
}

/// How much there is in all: facts and events by kind, but days for uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals(pub BTreeMap<Kind, u64>);

/// One page of the timeline.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Timeline {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Of everything, whatever was asked for.
    pub totals: Totals,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<Cursor>,
}

/// One kind of use on a day: purpose, recipient, allowed.
type UseKey = (String, String, bool);
/// Its categories and channels with how often each.
type UseSum = (BTreeMap<String, u32>, BTreeSet<String>);

impl Engine {
    /// A page of the timeline. Reads the disk: O(the rows of the page, the facts of its days), not the customer's events.
    ///
    /// # Errors
    /// As [`Engine::consents`], and those of the journal.
    pub fn timeline(&self, customer: Handle, asked: &Asked) -> Result<Timeline, EngineError> {
        let _still = self.shared.moving.read();
        let (entries, firsts) = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            let records = views.customers.records_of(record);
            let firsts: Vec<u64> = records.iter().filter_map(|&r| views.records.get(r)?.positions.first()).collect();
            (views.days(record), firsts)
        };
        let wanted = |kind: Kind| asked.kinds.is_empty() || asked.kinds.contains(&kind);
        let mut days: BTreeMap<u16, Day> = BTreeMap::new();
        let mut totals = Totals::default();
        let zone = &self.shared.rules.policy.time_zone;
        for entry in entries {
            let kind = Kind::of(entry.what);
            let day = days.entry(entry.day).or_default();
            if !(kind == Kind::Uses && std::mem::replace(&mut day.used, true)) {
                *totals.0.entry(kind).or_default() += u64::from(entry.count);
            }
            day.entries.push(entry);
        }
        // What stands in the journal still: the last half hour, and what upkeep has not come to.
        for u in self.shared.journal.uses_of(&firsts)? {
            let day = days.entry(day_in(zone, Time::from_seconds(u.at_seconds.into()))).or_default();
            if !std::mem::replace(&mut day.used, true) {
                *totals.0.entry(Kind::Uses).or_default() += 1;
            }
            let allowed = u.outcome == Outcome::Allowed;
            let channel = u.channel.map(|c| c.to_string());
            day.add_use((u.purpose.to_string(), u.recipient.to_string(), allowed), u.category.to_string(), channel, 1);
        }
        for (at, ended) in self.ended(customer)? {
            let day = days.entry(day_in(zone, at)).or_default();
            *totals.0.entry(Kind::Choices).or_default() += 1;
            if wanted(Kind::Choices) {
                day.ended.push((at, told_of(ended, at)));
            }
        }
        let limit = asked.limit.clamp(1, ROWS_MAX);
        let mut rows: Vec<Row> = Vec::new();
        let mut waiting: Vec<(u16, Day)> = Vec::new();
        let mut days =
            days.into_iter().rev().skip_while(|(day, _)| asked.before.is_some_and(|b| date_of(u32::from(*day)) > b.day)).peekable();
        // One more than the page shows tells whether there is another one.
        while rows.len() <= limit && days.peek().is_some() {
            let mut to_read = 0;
            while to_read < READ_AT_ONCE
                && let Some((at, mut day)) = days.next()
            {
                day.entries.retain(|e| wanted(Kind::of(e.what)));
                if !wanted(Kind::Uses) {
                    day.uses.clear();
                }
                to_read += day.entries.len().max(day.uses.len());
                waiting.push((at, day));
            }
            self.read_days(&mut waiting, &mut rows, asked.before)?;
        }
        let next = (rows.len() > limit).then(|| rows.get(limit).map(|row| row.day)).flatten().map(|day| {
            let left = rows.iter().skip(limit).take_while(|row| row.day == day).count();
            Cursor { day, left: u32::try_from(left).unwrap_or(u32::MAX) }
        });
        rows.truncate(limit);
        Ok(Timeline { rows, totals, next })
    }

    /// Reads the facts of some days and makes their rows.
    fn read_days(&self, waiting: &mut Vec<(u16, Day)>, rows: &mut Vec<Row>, before: Option<Cursor>) -> Result<(), EngineError> {
        let zone = &self.shared.rules.policy.time_zone;
        let entries = || waiting.iter().flat_map(|(_, day)| &day.entries);
        let mut positions: Vec<u64> = entries().filter(|e| !matches!(e.what, What::Event(_))).map(|e| e.position).collect();
        positions.sort_unstable();
        let facts: BTreeMap<u64, Fact> = self.shared.facts_at(&positions)?.into_iter().map(|(meta, fact)| (meta.position, fact)).collect();
        for (at, mut day) in waiting.drain(..) {
            let date = date_of(u32::from(at));
            let mut of_day: Vec<Row> = Vec::new();
            let mut collected: BTreeMap<EventName, (u32, Vec<String>)> = BTreeMap::new();
            for entry in std::mem::take(&mut day.entries) {
                if let What::Event(name) = entry.what {
                    let sum = collected.entry(name).or_default();
                    sum.0 += entry.count;
                    let sources = &self.shared.rules.policy.sources;
                    sum.1.extend(entry.source.and_then(|s| sources.get(usize::from(s))).map(|s| s.id.clone()));
                } else if let Some(Fact::UsesSummed(summed)) = facts.get(&entry.position) {
                    for u in &summed.uses {
                        let key = (u.purpose.clone(), u.recipient.clone(), u.allowed);
                        day.add_use(key, u.category.clone(), u.channel.clone(), u.count);
                    }
                } else if let Some((at, what)) = facts.get(&entry.position).and_then(happened) {
                    debug_assert_eq!(day_in(zone, at), entry.day, "a fact stands under its day");
                    of_day.push(Row { day: date, at: Some(at), what });
                }
            }
            of_day.extend(std::mem::take(&mut day.ended).into_iter().map(|(at, what)| Row { day: date, at: Some(at), what }));
            for ((purpose, recipient, allowed), (categories, channels)) in std::mem::take(&mut day.uses) {
                let count = categories.values().copied().max().unwrap_or(0);
                let (categories, channels) = (categories.into_keys().collect(), channels.into_iter().collect());
                of_day.push(Row { day: date, at: None, what: Happened::Used { purpose, recipient, categories, channels, allowed, count } });
            }
            for (name, (count, sources)) in collected {
                let category = collection::plan::essential_category(name);
                of_day.push(Row { day: date, at: None, what: Happened::Collected { name, category, sources, count } });
            }
            // A stable sort: what happened in one moment stands with the later fact above.
            of_day.reverse();
            of_day.sort_by_key(|row| (row.what.rank(), std::cmp::Reverse(row.at)));
            let shown = before.filter(|b| b.day == date).map_or(0, |b| of_day.len().saturating_sub(b.left as usize));
            rows.extend(of_day.into_iter().skip(shown));
        }
        Ok(())
    }
}

/// One day before its facts are read.
#[derive(Debug, Default)]
struct Day {
    entries: Vec<Entry>,
    uses: BTreeMap<UseKey, UseSum>,
    used: bool,
    /// What ended without a fact that says so.
    ended: Vec<(Time, Happened)>,
}

impl Day {
    fn add_use(&mut self, key: UseKey, category: String, channel: Option<String>, count: u32) {
        let (categories, channels) = self.uses.entry(key).or_default();
        let sum = categories.entry(category).or_default();
        *sum = sum.saturating_add(count);
        channels.extend(channel);
    }
}

/// How a row tells what ended without a fact of its own.
fn told_of(ended: Ended, at: Time) -> Happened {
    match ended {
        Ended::Consent(purpose) => Happened::Chose(invalidated(purpose, at)),
        Ended::Told(item, purpose, by) => Happened::ToldEnded { item, purpose, by },
    }
}

/// What a fact tells, and when it happened.
fn happened(fact: &Fact) -> Option<(Time, Happened)> {
    Some(match fact {
        Fact::Chosen(choice) => (choice.at, Happened::Chose(past(choice.clone()))),
        Fact::ObjectionWeighed(weighed) => (weighed.at, Happened::Chose(past_weighed(weighed.clone()))),
        Fact::ConsenterStated(stated) => (stated.at, Happened::ConsenterStated(stated.consenter)),
        Fact::InformationStated(f) => {
            let (purpose, recipients, evidence) = (f.purpose.clone(), f.recipients.clone(), f.evidence.clone());
            (f.at, Happened::Stated { item: f.item, purpose, recipients, until: f.until, evidence })
        }
        Fact::InformationRemoved(f) => {
            let how = match (f.visit, &f.evidence) {
                (Some(_), _) => Unstated::VisitEnded,
                (None, Some(evidence)) if evidence.method == TAKE_ALONG => Unstated::LeftBehind,
                (None, _) => Unstated::TakenBack,
            };
            (f.at, Happened::Unstated { item: f.item, how })
        }
        Fact::InformationHidden(f) => (f.at, Happened::Unstated { item: f.item, how: Unstated::Hidden }),
        Fact::PreviewMade(f) => (f.at, Happened::Previewed { purpose: f.purpose.clone(), categories: f.categories.clone() }),
        Fact::Restricted(_) | Fact::LiftTold(_) | Fact::RestrictionLifted(_) => {
            let past = past_restriction(fact)?;
            (past.at, Happened::Restriction(past))
        }
        Fact::DecisionContested(f) => {
            let (purpose, reference) = (f.purpose.clone(), f.reference.clone());
            (f.at, Happened::Contested { contest: f.id, purpose, reference })
        }
        Fact::ContestAnswered(f) => {
            let (purpose, reasons) = (f.purpose.clone(), f.reasons.clone());
            (f.at, Happened::ContestAnswered { contest: f.id, purpose, outcome: f.outcome, reasons })
        }
        Fact::Disclosed(d) => (d.at, Happened::Disclosed(told(d.clone(), None))),
        Fact::RecordOpened(f) => (f.at, Happened::Opened { source: f.source.clone(), kind: f.identifier.kind }),
        Fact::IdentifierLinked(f) => (f.at, Happened::Linked { source: f.source.clone(), kind: f.identifier.kind }),
        Fact::RecordJoined(f) => (f.at, Happened::Joined { actor: f.actor }),
        Fact::MailAsked(f) => (f.at, Happened::MailAsked { letter: f.letter.clone() }),
        Fact::MailClosed(f) => (f.at, Happened::MailClosed { outcome: f.outcome }),
        Fact::AttributesProvided(f) => {
            let kinds: BTreeSet<&str> = f.values.iter().filter_map(|(name, _)| Some(collection::attribute_kind(name)?.category)).collect();
            let categories = kinds.into_iter().map(String::from).collect();
            let count = u32::try_from(f.values.len()).unwrap_or(u32::MAX);
            (f.recorded_at, Happened::Provided { source: f.source.clone(), categories, count })
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        for text in ["2026-06-01", "2026-06-01.3", "1970-01-01.999999999"] {
            assert_eq!(Cursor::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "2026-6-1", "2026-06-31", "2026-06-01.", "2026-06-01.-1", "2026-06-01.x", "2026-06-01T00:00", "+02026-06-01.1"] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }
}
