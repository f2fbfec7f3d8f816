//! Ids: their syntax, who declared them, and finding what they name.

use super::problems::Flaw;
use super::tables::{Place, Report, Table, nearest, shorten};

/// The ids declared so far of one kind of thing.
pub(super) struct Names {
    what: &'static str,
    max: usize,
    ids: Vec<String>,
    /// Where the first one too many stands.
    too_many: Option<Place>,
}

impl Names {
    pub(super) fn new(what: &'static str, max: usize) -> Names {
        Names { what, max, ids: Vec::new(), too_many: None }
    }

    /// Reads the table's `id`; blank if it is not one.
    pub(super) fn declare(&mut self, table: &mut Table<'_>, report: &mut Report<'_>) -> String {
        let read = table.text("id", report);
        let id = read.as_ref().and_then(|(id, place)| checked_id(id, place, report)).unwrap_or_default();
        if let Some((_, place)) = read.filter(|_| !id.is_empty() && self.ids.contains(&id)) {
            report.add(&place, &Flaw::DuplicateId { what: self.what, id: id.clone() });
        }
        self.ids.push(id.clone());
        if self.ids.len() == self.max + 1 {
            self.too_many = Some(table.place.clone());
        }
        id
    }

    /// Reports that there are too many.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        if let Some(place) = self.too_many {
            report.add(&place, &Flaw::TooMany { what: self.what, count: self.ids.len(), max: self.max });
        }
    }
}

/// The id, if it has an id's syntax.
pub(super) fn checked_id(id: &str, place: &Place, report: &mut Report<'_>) -> Option<String> {
    if (1..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Some(id.to_owned());
    }
    report.add(place, &Flaw::BadId { id: shorten(id).to_owned() });
    None
}

/// The ids of all, in their order.
pub(super) fn ids<'p, T>(all: &'p [T], id: impl Fn(&'p T) -> &'p String) -> Vec<&'p str> {
    all.iter().map(|thing| id(thing).as_str()).collect()
}

/// The place of `id` among `ids`.
pub(super) fn find(what: &'static str, id: &str, ids: &[&str], place: &Place, report: &mut Report<'_>) -> Option<u8> {
    let found = ids.iter().position(|known| *known == id);
    if found.is_none() {
        let known = ids.iter().filter(|known| !known.is_empty());
        let flaw = Flaw::UnknownId {
            what,
            id: shorten(id).to_owned(),
            nearest: nearest(id, known.clone().copied()),
            known: known.copied().collect::<Vec<_>>().join(", "),
        };
        report.add(place, &flaw);
    }
    found.and_then(|at| u8::try_from(at).ok())
}

/// The places of all of them, each once.
pub(super) fn find_all(what: &'static str, wanted: Vec<(&str, Place)>, ids: &[&str], report: &mut Report<'_>) -> Vec<u8> {
    let mut found = Vec::new();
    for (id, place) in wanted {
        let Some(at) = find(what, id, ids, &place, report) else { continue };
        if found.contains(&at) {
            report.add(&place, &Flaw::Repeated { id: id.to_owned() });
        } else {
            found.push(at);
        }
    }
    found
}

/// One of a few words.
pub(super) fn choice<T: Copy>(
    table: &mut Table<'_>,
    key: &'static str,
    choices: &[(&str, T)],
    listed: &'static str,
    report: &mut Report<'_>,
) -> Option<T> {
    let (word, place) = table.text(key, report)?;
    let chosen = choices.iter().find(|(name, _)| *name == word).map(|(_, choice)| *choice);
    if chosen.is_none() {
        report.add(&place, &Flaw::NotAChoice { value: shorten(word).to_owned(), choices: listed });
    }
    chosen
}

/// The table's terms in the Data Privacy Vocabulary or an extension of it: `prefix:Term`, with a space between several.
pub(super) fn vocabulary(table: &mut Table<'_>, report: &mut Report<'_>) -> String {
    let Some((terms, place)) = table.text("dpv", report) else { return String::new() };
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let good = terms.split(' ').all(|term| term.split_once(':').is_some_and(|(prefix, name)| word(prefix) && word(name)));
    if !good || terms.len() > 200 {
        report.add(&place, &Flaw::BadVocabulary { term: shorten(terms).to_owned() });
    }
    terms.to_owned()
}
