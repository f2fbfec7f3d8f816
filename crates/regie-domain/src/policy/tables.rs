//! Walking the TOML tree of a policy with the place of every value at hand, so that all problems are found in one reading.
//!
//! Invariant: a reader that returns `None` or a blank has reported a problem (or the key is optional and absent); a policy with
//! problems is never handed out, so blanks go nowhere. Left out: what the values mean.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Wording;
use super::problems::{Flaw, Problem};

/// Collects problems and knows on which line an offset lies.
pub(super) struct Report<'t> {
    text: &'t str,
    line_starts: Vec<usize>,
    problems: Vec<Problem>,
}

/// Where a value stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    /// Byte offset in the text.
    pub(super) offset: usize,
    /// Key path.
    pub(super) key: String,
}

impl<'t> Report<'t> {
    pub(super) fn new(text: &'t str) -> Report<'t> {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Report { text, line_starts, problems: Vec::new() }
    }

    pub(super) fn add(&mut self, place: &Place, flaw: &Flaw) {
        let line = self.line_starts.partition_point(|&start| start <= place.offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..place.offset.min(self.text.len())).unwrap_or("");
        self.problems.push(Problem {
            line,
            column: before.chars().count() + 1,
            key: place.key.clone(),
            code: flaw.code(),
            message: flaw.to_string(),
            remedy: flaw.remedy(),
        });
    }

    /// The problems in the order of the text.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        self.problems
    }
}

/// One table being read. Every key asked for is known; [`Table::finish`] reports the others.
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    pub(super) place: Place,
    known: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub(super) fn root(entries: &'a DeTable<'a>) -> Table<'a> {
        Table { entries, place: Place::default(), known: Vec::new() }
    }

    fn of(value: &'a Spanned<DeValue<'a>>, place: Place, report: &mut Report<'_>) -> Option<Table<'a>> {
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table { entries, place, known: Vec::new() }),
            other => {
                report.add(&place, &Flaw::WrongType { expected: "a table", found: other.type_str() });
                None
            }
        }
    }

    fn path(&self, key: &str) -> String {
        if self.place.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place.key) }
    }

    /// Where `key` stands, or the table if it is absent.
    pub(super) fn place_of(&self, key: &str) -> Place {
        let offset = self.entries.get_key_value(key).map_or(self.place.offset, |(k, _)| k.span().start);
        Place { offset, key: self.path(key) }
    }

    fn optional(&mut self, key: &'static str) -> Option<(&'a Spanned<DeValue<'a>>, Place)> {
        self.known.push(key);
        let value = self.entries.get(key)?;
        Some((value, self.place_of(key)))
    }

    fn required(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<(&'a Spanned<DeValue<'a>>, Place)> {
        let found = self.optional(key);
        if found.is_none() {
            report.add(&self.place_of(key), &Flaw::MissingKey { key });
        }
        found
    }

    /// A text that must be there and not be blank.
    pub(super) fn text(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<(&'a str, Place)> {
        let (value, place) = self.required(key, report)?;
        as_text(value, place, report)
    }

    /// A text that may be absent.
    pub(super) fn optional_text(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<(&'a str, Place)> {
        let (value, place) = self.optional(key)?;
        as_text(value, place, report)
    }

    /// A switch; off if absent.
    pub(super) fn flag(&mut self, key: &'static str, report: &mut Report<'_>) -> bool {
        let Some((value, place)) = self.optional(key) else { return false };
        match value.get_ref() {
            DeValue::Boolean(on) => *on,
            other => {
                report.add(&place, &Flaw::WrongType { expected: "true or false", found: other.type_str() });
                false
            }
        }
    }

    /// A whole number; `absent` if the key may be left out. One that cannot be read reads as the range's end, which breaks no rule.
    pub(super) fn number(&mut self, key: &'static str, range: &RangeInclusive<u64>, absent: Option<u64>, report: &mut Report<'_>) -> u64 {
        let found = if absent.is_some() { self.optional(key) } else { self.required(key, report) };
        let Some((value, place)) = found else { return absent.unwrap_or(*range.end()) };
        let DeValue::Integer(number) = value.get_ref() else {
            report.add(&place, &Flaw::WrongType { expected: "a whole number", found: value.get_ref().type_str() });
            return *range.end();
        };
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => number,
            _ => {
                report.add(&place, &Flaw::OutOfRange { min: *range.start(), max: *range.end() });
                *range.end()
            }
        }
    }

    /// A text for customers in both languages.
    pub(super) fn wording(&mut self, key: &'static str, kind: WordingKind, report: &mut Report<'_>) -> Wording {
        let blank = || Wording { nl: String::new(), en: String::new() };
        let Some((value, place)) = self.optional(key) else {
            report.add(&self.place_of(key), &kind.missing("nl and en"));
            return blank();
        };
        let Some(mut table) = Table::of(value, place, report) else { return blank() };
        let wording = Wording { nl: table.language("nl", kind, report), en: table.language("en", kind, report) };
        table.finish(report);
        wording
    }

    /// As [`Table::wording`], for a text that may be absent.
    pub(super) fn optional_wording(&mut self, key: &'static str, kind: WordingKind, report: &mut Report<'_>) -> Option<Wording> {
        self.known.push(key);
        self.entries.contains_key(key).then(|| self.wording(key, kind, report))
    }

    fn language(&mut self, language: &'static str, kind: WordingKind, report: &mut Report<'_>) -> String {
        let Some((value, place)) = self.optional(language) else {
            report.add(&self.place_of(language), &kind.missing(language));
            return String::new();
        };
        let DeValue::String(text) = value.get_ref() else {
            report.add(&place, &Flaw::WrongType { expected: "a text", found: value.get_ref().type_str() });
            return String::new();
        };
        let text = text.trim();
        let (chars, max) = (text.chars().count(), kind.chars_max());
        if chars == 0 {
            report.add(&place, &kind.missing(language));
        } else if chars > max {
            report.add(&place, &Flaw::TooLong { language, chars, max });
        }
        text.to_owned()
    }

    /// A list of texts, each with its place. Absent reads as empty.
    pub(super) fn texts(&mut self, key: &'static str, report: &mut Report<'_>) -> Vec<(&'a str, Place)> {
        let Some((value, place)) = self.optional(key) else { return Vec::new() };
        as_texts(value, &place, report)
    }

    /// Does the key stand here?
    pub(super) fn declares(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Is there no such list, or an empty one? (One that cannot be read has its problem already.)
    pub(super) fn lists_nothing(&self, key: &str) -> bool {
        self.entries.get(key).is_none_or(|value| value.get_ref().as_array().is_some_and(|array| array.is_empty()))
    }

    /// A table that must be there.
    pub(super) fn table(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Table<'a>> {
        let (value, place) = self.required(key, report)?;
        Table::of(value, place, report)
    }

    /// A table that may be absent.
    pub(super) fn optional_table(&mut self, key: &'static str, report: &mut Report<'_>) -> Option<Table<'a>> {
        let (value, place) = self.optional(key)?;
        Table::of(value, place, report)
    }

    /// The tables under `[[key]]`, at least one, in the order of the text. Each is called by its `id` in key paths, else by number.
    pub(super) fn tables(&mut self, key: &'static str, report: &mut Report<'_>) -> Vec<Table<'a>> {
        let Some((value, place)) = self.required(key, report) else { return Vec::new() };
        let DeValue::Array(array) = value.get_ref() else {
            report.add(&place, &Flaw::WrongType { expected: "a list of tables", found: value.get_ref().type_str() });
            return Vec::new();
        };
        if array.is_empty() {
            report.add(&place, &Flaw::NothingListed { why: "declare at least one" });
        }
        let mut tables = Vec::new();
        for (i, value) in array.iter().enumerate() {
            let id = value.get_ref().get("id").and_then(|id| id.get_ref().as_str());
            let name = id.map_or_else(|| Cow::Owned((i + 1).to_string()), |id| shorten(id).into());
            let place = Place { offset: value.span().start, key: format!("{key}[{name}]") };
            tables.extend(Table::of(value, place, report));
        }
        tables
    }

    /// Every entry as a text, for tables whose keys are the retailer's.
    pub(super) fn entries_as_text(&self, report: &mut Report<'_>) -> Vec<(&'a str, Option<&'a str>, Place)> {
        let places = self.entries.iter().map(|(key, value)| (key, value, self.place_of(key.get_ref())));
        places
            .map(|(key, value, place)| (key.get_ref().as_ref(), as_text(value, place.clone(), report).map(|(text, _)| text), place))
            .collect()
    }

    /// Every entry as a list of texts, for tables whose keys are the retailer's.
    pub(super) fn entries_as_texts(&self, report: &mut Report<'_>) -> Vec<(&'a str, Vec<(&'a str, Place)>)> {
        let places = self.entries.iter().map(|(key, value)| (key, value, self.place_of(key.get_ref())));
        places.map(|(key, value, place)| (key.get_ref().as_ref(), as_texts(value, &place, report))).collect()
    }

    /// Reports the keys that nobody asked for.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref())) {
            let flaw = Flaw::UnknownKey {
                key: shorten(key.get_ref()).to_owned(),
                nearest: nearest(key.get_ref(), self.known.iter().copied()),
                known: self.known.join(", "),
            };
            report.add(&self.place_of(key.get_ref()), &flaw);
        }
    }
}

/// How long a text for customers may be, and what its absence means.
#[derive(Debug, Clone, Copy)]
pub(super) enum WordingKind {
    Name,
    Text,
    /// Without it, a purpose may not be asked for.
    Explanation,
}

impl WordingKind {
    fn chars_max(self) -> usize {
        match self {
            WordingKind::Name => super::limits::NAME_CHARS_MAX,
            WordingKind::Text | WordingKind::Explanation => super::limits::TEXT_CHARS_MAX,
        }
    }

    fn missing(self, language: &'static str) -> Flaw {
        match self {
            WordingKind::Explanation => Flaw::MissingExplanation { language },
            WordingKind::Name | WordingKind::Text => Flaw::MissingWording { language },
        }
    }
}

fn as_text<'a>(value: &'a Spanned<DeValue<'a>>, place: Place, report: &mut Report<'_>) -> Option<(&'a str, Place)> {
    match value.get_ref() {
        DeValue::String(text) if !text.trim().is_empty() => Some((text.trim(), place)),
        DeValue::String(_) => {
            report.add(&place, &Flaw::WrongType { expected: "a text", found: "an empty one" });
            None
        }
        other => {
            report.add(&place, &Flaw::WrongType { expected: "a text", found: other.type_str() });
            None
        }
    }
}

fn as_texts<'a>(value: &'a Spanned<DeValue<'a>>, place: &Place, report: &mut Report<'_>) -> Vec<(&'a str, Place)> {
    let DeValue::Array(array) = value.get_ref() else {
        report.add(place, &Flaw::WrongType { expected: "a list of texts", found: value.get_ref().type_str() });
        return Vec::new();
    };
    let at = |item: &Spanned<DeValue<'_>>| Place { offset: item.span().start, key: place.key.clone() };
    array.iter().filter_map(|item| as_text(item, at(item), report)).collect()
}

/// At most 64 characters of it: a report stays readable whatever stands in the file.
pub(super) fn shorten(text: &str) -> &str {
    text.char_indices().nth(64).map_or(text, |(at, _)| &text[..at])
}

/// The candidate that `word` may have been meant to be: at most a third of its characters differ.
pub(super) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<String> {
    let word: Vec<char> = shorten(word).chars().collect();
    let close = candidates.map(|c| (edits(&word, c), c)).min()?;
    (close.0 <= (word.len() / 3).max(1)).then(|| close.1.to_owned())
}

/// The edit distance (Levenshtein). Short words only.
fn edits(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, cb) in b.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, ca) in a.iter().enumerate() {
            let change = diagonal + usize::from(*ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[a.len()]
}
