//! What happened on which day of a record: how many events of each name, and where the facts lie that a page tells one by one.
//!
//! With it a page about a customer of fifty thousand events reads the disk for the rows that it shows and for no other, and has its
//! totals from memory. Invariant: a function of the record's remaining facts, whatever their order, so a row that goes is taken out
//! again ([`Days::forget`]) and a replay makes the same. Memory: 8 bytes for each (day, event name, source) and for each other fact.
//! Left out: moments (a day is enough for a heading; whoever shows a row reads it) and what the facts say.

use jiff::tz::TimeZone;
use regie_domain::fact::{EventName, Fact};
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use std::cell::Cell;

const DAY_SECONDS: i64 = 86_400;
const LOW_BITS: u32 = 40;
const LOW: u64 = (1 << LOW_BITS) - 1;
/// The count shares its low bits with the source.
const COUNT_BITS: u32 = 32;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
/// The source of an event that the policy in force does not know.
const SOURCE_UNKNOWN: u8 = u8::MAX;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum What {
    /// Events of this name: counted.
    Event(EventName),
    /// The record's first fact.
    Opened,
    /// An identifier was linked.
    Linked,
    /// Records were joined.
    Joined,
    /// Attributes.
    Provided,
    /// A choice.
    Chosen,
    /// Who consents.
    Consenter,
    /// A restriction was made, told to be lifted, or lifted.
    Restriction,
    /// A decision was contested, or that was answered.
    Contest,
    /// The customer told something, hid it or took it back.
    Information,
    /// The customer asked what a permission would bring.
    Preview,
    /// Uses, summed.
    Used,
    /// A disclosure.
    Disclosed,
    /// A mail to the customer was asked for, or something became of it.
    Mailed,
}

const EVENTS: [EventName; 7] = [
    EventName::PageViewed,
    EventName::ProductViewed,
    EventName::ProductAdded,
    EventName::ProductRemoved,
    EventName::ProductsSearched,
    EventName::OrderCompleted,
    EventName::OrderRefunded,
];
const OTHERS: [What; 13] = [
    What::Opened,
    What::Linked,
    What::Joined,
    What::Provided,
    What::Chosen,
    What::Consenter,
    What::Restriction,
    What::Information,
    What::Preview,
    What::Used,
    What::Disclosed,
    What::Mailed,
    What::Contest,
];
/// Codes of what is no event begin here.
const FIRST_OTHER: u8 = 128;

impl What {
    fn code(self) -> u8 {
        let at = match self {
            What::Event(name) => return EVENTS.iter().position(|n| *n == name).and_then(|at| u8::try_from(at).ok()).unwrap_or(0),
            other => OTHERS.iter().position(|w| *w == other),
        };
        FIRST_OTHER + at.and_then(|at| u8::try_from(at).ok()).unwrap_or(0)
    }

    /// Is it kept as a choice, or as the account that is given of them ([`regie_domain::collection::categories_of`])?
    pub(crate) fn is_choices(self) -> bool {
        match self {
            What::Joined
            | What::Chosen
            | What::Consenter
            | What::Restriction
            | What::Contest
            | What::Information
            | What::Preview
            | What::Used
            | What::Disclosed
            | What::Mailed => true,
            What::Event(_) | What::Opened | What::Linked | What::Provided => false,
        }
    }

    fn of(code: u8) -> Option<What> {
        match code.checked_sub(FIRST_OTHER) {
            Some(other) => OTHERS.get(usize::from(other)).copied(),
            None => EVENTS.get(usize::from(code)).copied().map(What::Event),
        }
    }
}

/// What one entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Days since 1970-01-01: local ones in the policy's time zone, but those of summed uses are UTC.
    pub day: u16,
    /// About what.
    pub what: What,
    /// For events: the source's place in the policy in force, if it is still there.
    pub source: Option<u8>,
    /// For events: how many. Else 1.
    pub count: u32,
    /// For what is no event: the fact's position in the log.
    pub position: u64,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days(Vec<u64>);

impl Days {
    /// One more event. O(log n) unless it lies in the past.
    pub(crate) fn add_event(&mut self, day: u16, name: EventName, source: u8) {
        let key = key(day, What::Event(name), u64::from(source) << COUNT_BITS);
        let at = self.0.partition_point(|e| *e < key);
        match self.0.get_mut(at) {
            Some(entry) if *entry & !COUNT == key => *entry += u64::from(*entry & COUNT < COUNT),
            _ => self.insert(at, key + 1),
        }
    }

    /// One event less.
    pub(crate) fn forget_event(&mut self, day: u16, name: EventName, source: u8) {
        let key = key(day, What::Event(name), u64::from(source) << COUNT_BITS);
        let at = self.0.partition_point(|e| *e < key);
        if let Some(entry) = self.0.get_mut(at).filter(|e| **e & !COUNT == key) {
            *entry -= 1;
            if *entry & COUNT == 0 {
                self.0.remove(at);
            }
        }
    }

    /// Notes where a fact lies.
    pub(crate) fn add(&mut self, day: u16, what: What, position: u64) {
        let key = key(day, what, position.min(LOW));
        let at = self.0.partition_point(|e| *e < key);
        if self.0.get(at) != Some(&key) {
            self.insert(at, key);
        }
    }

    /// Forgets that fact.
    pub(crate) fn forget(&mut self, day: u16, what: What, position: u64) {
        if let Ok(at) = self.0.binary_search(&key(day, what, position.min(LOW))) {
            self.0.remove(at);
        }
    }

    /// Is there an order on this day? O(log n).
    pub(crate) fn has_order(&self, day: u16) -> bool {
        let key = key(day, What::Event(EventName::OrderCompleted), 0);
        self.0.get(self.0.partition_point(|e| *e < key)).is_some_and(|e| *e >> LOW_BITS == key >> LOW_BITS)
    }

    /// Everything, oldest day first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Entry> + '_ {
        self.0.iter().filter_map(|entry| {
            let low = entry & LOW;
            let day = u16::try_from(entry >> (LOW_BITS + 8)).ok()?;
            let what = What::of(u8::try_from((entry >> LOW_BITS) & 0xff).ok()?)?;
            Some(match what {
                What::Event(_) => {
                    let source = u8::try_from(low >> COUNT_BITS).ok().filter(|s| *s != SOURCE_UNKNOWN);
                    Entry { day, what, source, count: u32::try_from(low & COUNT).unwrap_or(u32::MAX), position: 0 }
                }
                _ => Entry { day, what, source: None, count: 1, position: low },
            })
        })
    }

    fn insert(&mut self, at: usize, entry: u64) {
        if self.0.len() == self.0.capacity() {
            // Growing by half rather than doubling: a million small lists waste less.
            self.0.reserve_exact((self.0.len() / 2).max(4));
        }
        self.0.insert(at, entry);
    }
}

fn key(day: u16, what: What, low: u64) -> u64 {
    u64::from(day) << (LOW_BITS + 8) | u64::from(what.code()) << LOW_BITS | low
}

/// The local day of a moment, clamped to what 16 bits hold (the years 1970 to 2149).
pub(crate) fn day_in(zone: &TimeZone, at: Time) -> u16 {
    let offset = i64::from(zone.to_offset(at.to_jiff()).seconds());
    u16::try_from((at.seconds() + offset).div_euclid(DAY_SECONDS).clamp(0, i64::from(u16::MAX))).unwrap_or(u16::MAX)
}

/// The local days of moments, in days and seconds since 1970. Most follow one another: the calendar is asked once for a quarter of an hour.
pub(crate) fn days_in(zone: &TimeZone) -> impl Fn(u32) -> u32 {
    let last = Cell::new((u32::MAX, 0));
    move |at| {
        let quarter = at / 900;
        if last.get().0 != quarter {
            last.set((quarter, u32::from(day_in(zone, Time::from_seconds(at.into())))));
        }
        last.get().1
    }
}

/// Noon of a local day: a moment that lies on that day wherever clocks are moved.
pub(crate) fn noon_of(zone: &TimeZone, day: u16) -> Time {
    let utc = Time::from_seconds(i64::from(day) * DAY_SECONDS + DAY_SECONDS / 2);
    Time::from_seconds(utc.seconds() - i64::from(zone.to_offset(utc.to_jiff()).seconds()))
}

/// The place of a source in the policy; one that is not known has a place of its own.
pub(crate) fn source_at(policy: &Policy, id: &str) -> u8 {
    policy.sources.iter().position(|s| s.id == id).and_then(|at| u8::try_from(at).ok()).unwrap_or(SOURCE_UNKNOWN)
}

/// Under what, and on which day, a fact of a customer stands; `None` for events, which are counted, and for what is told of no day.
pub(crate) fn noted(fact: &Fact, zone: &TimeZone) -> Option<(u16, What)> {
    let (what, at) = match fact {
        Fact::RecordOpened(f) => (What::Opened, f.at),
        Fact::IdentifierLinked(f) => (What::Linked, f.at),
        Fact::RecordJoined(f) => (What::Joined, f.at),
        Fact::AttributesProvided(f) => (What::Provided, f.recorded_at),
        Fact::Chosen(f) => (What::Chosen, f.at),
        Fact::ConsenterStated(f) => (What::Consenter, f.at),
        Fact::ObjectionWeighed(f) => (What::Chosen, f.at),
        Fact::Restricted(f) => (What::Restriction, f.at),
        Fact::LiftTold(f) => (What::Restriction, f.at),
        Fact::RestrictionLifted(f) => (What::Restriction, f.at),
        Fact::DecisionContested(f) => (What::Contest, f.at),
        Fact::ContestAnswered(f) => (What::Contest, f.at),
        Fact::InformationStated(f) => (What::Information, f.at),
        Fact::InformationRemoved(f) => (What::Information, f.at),
        Fact::InformationHidden(f) => (What::Information, f.at),
        Fact::PreviewMade(f) => (What::Preview, f.at),
        Fact::Disclosed(f) => (What::Disclosed, f.at),
        Fact::MailAsked(f) => (What::Mailed, f.at),
        Fact::MailClosed(f) => (What::Mailed, f.at),
        // Its day is one already.
        Fact::UsesSummed(f) => return Some((u16::try_from(f.day).unwrap_or(u16::MAX), What::Used)),
        Fact::EventKept(_)
        | Fact::HistoryChanged
        | Fact::OrderKeptByLaw(_)
        | Fact::ConsentsProven(_)
        | Fact::ProofOpened(_)
        | Fact::RequestCompleted(_)
        | Fact::PolicyAdopted(_)
        | Fact::SensitiveItemsChanged(_)
        | Fact::RecordErased(_)
        | Fact::IdentifierSuppressed(_)
        | Fact::SuppressionLifted(_)
        | Fact::MessagesSeen(_) => return None,
    };
    Some((day_in(zone, at), what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_any_order_and_goes_again_leaves_what_never_came() {
        let all: Vec<(u16, EventName, u8)> =
            (0..200u16).map(|i| (20_000 + i * 7 % 11, EVENTS[usize::from(i % 7)], (i % 3) as u8)).collect();
        let of = |kept: &dyn Fn(usize) -> bool, backwards: bool| {
            let mut days = Days::default();
            let mut order: Vec<usize> = (0..all.len()).filter(|i| kept(*i)).collect();
            if backwards {
                order.reverse();
            }
            for i in order {
                let (day, name, source) = all[i];
                days.add_event(day, name, source);
                days.add(day, What::Chosen, i as u64 + 1);
            }
            days
        };
        let half = of(&|i| i % 2 == 0, true);
        let mut whole = of(&|_| true, false);
        for (i, &(day, name, source)) in all.iter().enumerate().filter(|(i, _)| i % 2 == 1) {
            whole.forget_event(day, name, source);
            whole.forget(day, What::Chosen, i as u64 + 1);
        }
        assert_eq!(whole, half);
        assert_eq!(half.iter().filter(|e| matches!(e.what, What::Event(_))).map(|e| e.count).sum::<u32>(), 100);
        assert!(half.iter().map(|e| e.day).is_sorted());
        let ordered = |day: u16| half.iter().any(|e| e.day == day && e.what == What::Event(EventName::OrderCompleted));
        for day in 19_999..20_012 {
            assert_eq!(half.has_order(day), ordered(day), "{day}");
        }
    }

    #[test]
    fn every_kind_reads_back() {
        let all = EVENTS.map(What::Event).into_iter().chain(OTHERS);
        for what in all {
            assert_eq!(What::of(what.code()), Some(what));
            let mut days = Days::default();
            match what {
                What::Event(name) => days.add_event(20_000, name, SOURCE_UNKNOWN),
                other => days.add(20_000, other, 77),
            }
            let entry = days.iter().next().unwrap();
            assert_eq!((entry.day, entry.what, entry.source, entry.count), (20_000, what, None, 1));
        }
    }

    #[test]
    fn a_day_is_the_customers_own() {
        let zone = TimeZone::get("Europe/Amsterdam").unwrap();
        let day = |text: &str| day_in(&zone, Time::parse(text).unwrap());
        assert_eq!(day("2026-06-01T21:59:59Z") + 1, day("2026-06-01T22:00:00Z"));
        assert_eq!(day("2026-12-01T22:59:59Z") + 1, day("2026-12-01T23:00:00Z"));
        assert_eq!(day("1950-01-01T00:00:00Z"), 0);
        for text in ["2026-03-29T00:30:00Z", "2026-10-25T00:30:00Z"] {
            assert_eq!(day_in(&zone, noon_of(&zone, day(text))), day(text));
        }
    }
}
