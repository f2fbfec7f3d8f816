//! Moments, spans and money as a customer reads them: "zaterdag 6 juni, 24.00 uur", "nog 5 dagen", "€ 2,49".
//!
//! Never ticking seconds: the smallest unit told is an hour. All days are those of the policy's time zone.

use jiff::ZonedDateTime;
use jiff::tz::TimeZone;
use regie_domain::time::Time;

use super::words::{Language, Words};

/// Turns moments into words, for one language in one time zone, seen from one `now`.
#[derive(Debug, Clone)]
pub struct Dates {
    /// The words to use.
    pub words: Words,
    zone: TimeZone,
    now: ZonedDateTime,
}

impl Dates {
    /// Dates seen from `now` in `zone`.
    pub fn new(words: Words, zone: TimeZone, now: Time) -> Dates {
        let now = now.to_jiff().to_zoned_datetime(zone.clone());
        Dates { words, zone, now }
    }

    fn local(&self, time: Time) -> ZonedDateTime {
        time.to_jiff().to_zoned_datetime(self.zone.clone())
    }

    /// Today, as `2026-06-06`: what a date field may begin with.
    pub fn today(&self) -> String {
        self.now.date().to_string()
    }

    /// The day as `2026-06-06`, so many days from today.
    pub fn days_from_today(&self, days: i64) -> String {
        use jiff::ToSpan as _;
        self.now.date().checked_add(days.days()).unwrap_or(self.now.date()).to_string()
    }

    /// "zaterdag 6 juni"; with the year when it is another one than now's.
    pub fn day(&self, time: Time) -> String {
        self.day_of(&self.local(time))
    }

    fn day_of(&self, local: &ZonedDateTime) -> String {
        let weekday = self.words.get(&format!("weekday-{}", local.weekday().to_monday_one_offset()));
        let date = self.short_of(local);
        format!("{weekday} {date}")
    }

    /// "6 juni"; with the year when it is another one than now's.
    pub fn short(&self, time: Time) -> String {
        self.short_of(&self.local(time))
    }

    fn short_of(&self, local: &ZonedDateTime) -> String {
        let month = self.words.get(&format!("month-{}", local.month()));
        if local.year() == self.now.year() {
            format!("{} {month}", local.day())
        } else {
            format!("{} {month} {}", local.day(), local.year())
        }
    }

    /// The end of a permission: "zaterdag 6 juni, 24.00 uur". Midnight belongs to the day that ends.
    pub fn end(&self, time: Time) -> String {
        let (day, clock) = self.end_parts(time);
        self.words.with("until-clock", &[("day", self.day_of(&day).into()), ("clock", clock.into())])
    }

    /// The day that an end belongs to, and the time of it.
    fn end_parts(&self, time: Time) -> (ZonedDateTime, String) {
        let local = self.local(time);
        if is_midnight(&local) {
            (local.yesterday().unwrap_or_else(|_| local.clone()), self.clock_of(24, 0))
        } else {
            let clock = self.clock_of(local.hour(), local.minute());
            (local, clock)
        }
    }

    /// Does the whole of its last day still count?
    pub fn ends_a_day(&self, end: Time) -> bool {
        is_midnight(&self.local(end))
    }

    fn clock_of(&self, hour: i8, minute: i8) -> String {
        match self.words.language {
            Language::Dutch => format!("{hour}.{minute:02}"),
            Language::English => format!("{hour}:{minute:02}"),
        }
    }

    /// The weekday of the last day that it holds, or the date when that is more than six days away: "vrijdag", "14 december".
    pub fn last_day(&self, time: Time) -> String {
        let last = self.local(Time::from_millis(time.millis().saturating_sub(1)));
        if self.days_between(&last) <= 6 {
            self.words.get(&format!("weekday-{}", last.weekday().to_monday_one_offset()))
        } else {
            self.short_of(&last)
        }
    }

    /// The same in a sentence: "op vrijdag", "op 14 december", "vandaag om 17.20 uur".
    pub fn on_last_day(&self, time: Time) -> String {
        let (last, clock) = self.end_parts(time);
        if self.days_between(&last) == 0 {
            self.words.with("today-at", &[("clock", clock.into())])
        } else {
            self.words.with("on-day", &[("day", self.last_day(time).into())])
        }
    }

    fn days_between(&self, later: &ZonedDateTime) -> i64 {
        i64::from(self.now.date().until(later.date()).map_or(0, |s| s.get_days()))
    }

    /// How much is left: "nog 5 dagen", "nog 3 uur", "nog minder dan een uur". What was given for a week is a week for its first hour, not six
    /// days from the next second on.
    pub fn left(&self, until: Time) -> String {
        let hours = self.whole_hours(until);
        match (hours / 24, hours) {
            (_, 0) => self.words.get("left-under-an-hour"),
            (0, hours) => self.words.with("left-hours", &[("count", count(hours))]),
            (days @ 1..=59, _) => self.words.with("left-days", &[("count", count(days))]),
            _ => {
                let key = if self.ends_a_day(until) { "left-through" } else { "left-until" };
                self.words.with(key, &[("day", self.short(Time::from_millis(until.millis() - 1)).into())])
            }
        }
    }

    /// Hours that are left; within the first hour after a whole day, that day counts.
    fn whole_hours(&self, until: Time) -> i64 {
        let seconds = (until.to_jiff().as_second() - self.now.timestamp().as_second()).max(0);
        let hours = seconds / 3600;
        if hours % 24 == 23 { hours + 1 } else { hours }
    }

    /// How many of the last seven days are left, for the little strip: as many as [`Dates::left`] says, and one for the last hours. `None`
    /// when more than a week or nothing is left.
    pub fn days_left(&self, until: Time) -> Option<usize> {
        let is_over = until.to_jiff().as_second() <= self.now.timestamp().as_second();
        let days = usize::try_from(self.whole_hours(until) / 24).ok().filter(|_| !is_over)?;
        (days <= 7).then_some(days.max(1))
    }

    /// A day of the calendar: "vandaag", "gisteren", "zaterdag 6 juni".
    pub fn civil(&self, day: jiff::civil::Date) -> String {
        day.at(12, 0, 0, 0)
            .to_zoned_datetime(self.zone.clone())
            .map_or_else(|_| day.to_string(), |noon| self.ago(Time::from_millis(noon.timestamp().as_millisecond())))
    }

    /// The time of day: "15.20".
    pub fn clock(&self, time: Time) -> String {
        let local = self.local(time);
        self.clock_of(local.hour(), local.minute())
    }

    /// When something happened: "vandaag", "gisteren", "zaterdag 6 juni".
    pub fn ago(&self, time: Time) -> String {
        match self.days_between(&self.local(time)) {
            0 => self.words.get("today"),
            -1 => self.words.get("yesterday"),
            _ => self.day(time),
        }
    }
}

fn is_midnight(local: &ZonedDateTime) -> bool {
    local.hour() == 0 && local.minute() == 0
}

fn count(n: i64) -> super::words::Value<'static> {
    usize::try_from(n).unwrap_or(0).into()
}

/// Euros and cents apart, so that a price can be set large and small: `("2", "49")`.
pub fn price_parts(cents: i64) -> (String, String) {
    let sign = if cents < 0 { "−" } else { "" };
    (format!("{sign}{}", cents.unsigned_abs() / 100), format!("{:02}", cents.unsigned_abs() % 100))
}

/// "€ 2,49" in Dutch, "€2.49" in English.
pub fn price(cents: i64, language: Language) -> String {
    let (euros, cents) = price_parts(cents);
    match language {
        Language::Dutch => format!("€\u{a0}{euros},{cents}"),
        Language::English => format!("€{euros}.{cents}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(language: Language) -> Dates {
        // A Monday, 15:20 in Amsterdam.
        Dates::new(Words::new(language), TimeZone::get("Europe/Amsterdam").unwrap(), Time::parse("2026-06-01T13:20:00Z").unwrap())
    }

    #[test]
    fn ends_left_and_days_read_as_people_say_them() {
        let (nl, en) = (dates(Language::Dutch), dates(Language::English));
        let t = |text: &str| Time::parse(text).unwrap();
        assert_eq!(nl.end(t("2026-06-06T22:00:00Z")), "zaterdag 6 juni, 24.00 uur");
        assert_eq!(en.end(t("2026-06-06T22:00:00Z")), "Saturday 6 June, 24:00");
        assert_eq!(nl.end(t("2026-06-02T13:20:00Z")), "dinsdag 2 juni, 15.20 uur");
        assert_eq!(nl.last_day(t("2026-06-05T22:00:00Z")), "vrijdag");
        assert_eq!(nl.last_day(t("2026-07-01T22:00:00Z")), "1 juli");
        assert_eq!(nl.on_last_day(t("2026-06-01T15:20:00Z")), "vandaag om 17.20 uur");
        assert_eq!(nl.on_last_day(t("2026-06-01T22:00:00Z")), "vandaag om 24.00 uur", "midnight is still to come");
        assert_eq!(en.on_last_day(t("2026-06-01T22:00:00Z")), "today at 24:00");
        assert_eq!(nl.on_last_day(t("2026-06-02T22:00:00Z")), "op dinsdag");
        assert_eq!(en.on_last_day(t("2026-06-05T22:00:00Z")), "on Friday");
        assert_eq!(nl.left(t("2026-06-08T13:19:30Z")), "nog 7 dagen", "a week that was given half a minute ago");
        assert_eq!(nl.left(t("2026-06-08T12:19:30Z")), "nog 6 dagen");
        assert_eq!(nl.left(t("2026-06-02T13:19:30Z")), "nog 1 dag");
        assert_eq!(nl.left(t("2026-06-06T22:00:00Z")), "nog 5 dagen");
        assert_eq!(nl.left(t("2026-06-02T13:20:00Z")), "nog 1 dag");
        assert_eq!(en.left(t("2026-06-01T18:20:00Z")), "5 hours left");
        assert_eq!(nl.left(t("2026-06-01T13:50:00Z")), "nog minder dan een uur");
        assert_eq!(nl.left(t("2027-06-30T22:00:00Z")), "tot en met 30 juni 2027");
        assert_eq!(nl.left(t("2027-06-30T10:00:00Z")), "tot 30 juni 2027", "not the whole of that day");
        assert_eq!(nl.days_left(t("2026-06-06T22:00:00Z")), Some(5), "as many as the words say");
        assert_eq!(nl.days_left(t("2026-06-03T12:00:00Z")), Some(1), "one day and hours: nog 1 dag");
        assert_eq!(nl.days_left(t("2026-06-09T12:00:00Z")), Some(7));
        assert_eq!(nl.days_left(t("2026-06-09T13:20:00Z")), None);
        assert_eq!(nl.days_left(t("2026-06-01T13:20:01Z")), Some(1));
        assert_eq!(nl.days_left(t("2026-06-01T13:20:00Z")), None);
        assert_eq!(nl.days_left(t("2026-07-06T22:00:00Z")), None);
        assert_eq!(nl.ago(t("2026-06-01T05:00:00Z")), "vandaag");
        assert_eq!(nl.ago(t("2026-05-31T05:00:00Z")), "gisteren");
        assert_eq!(nl.ago(t("2025-05-03T05:00:00Z")), "zaterdag 3 mei 2025");
    }

    #[test]
    fn money_is_cents() {
        assert_eq!(price(249, Language::Dutch), "€\u{a0}2,49");
        assert_eq!(price(5, Language::English), "€0.05");
        assert_eq!(price(-1200, Language::Dutch), "€\u{a0}−12,00");
    }
}
