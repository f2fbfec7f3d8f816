//! What a newer policy changed about a purpose, as a customer reads it in ten seconds: what was, what is now.
//!
//! Invariant: what is the same for several kinds of data is said once. Left out: what changes nothing for a customer, such as terms of a
//! vocabulary beside a text that stayed, unless it ended permissions.

use regie_domain::policy::diff::{Change, Kind, Thing};
use regie_domain::time::Time;

use super::portal::terms::listed;
use super::words::Words;
use crate::engine::Engine;
use crate::engine::ended::PurposeChanged;

/// A change of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// "Wat we doen, is anders beschreven."
    pub(crate) text: String,
    /// How it was; empty where there are no words for customers.
    pub(crate) before: Vec<Piece>,
    /// How it is.
    pub(crate) after: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// The other side does not have it.
    pub(crate) differs: bool,
}

/// How a customer reads what changed about a purpose, and when.
pub(crate) fn changed_about(t: Words, engine: &Engine, purpose: &str) -> Option<(Time, Vec<Changed>)> {
    let PurposeChanged { at, changes } = engine.purpose_changed(purpose)?;
    let policy = engine.policy();
    let kept = policy.purpose(purpose).map_or(0, |ix| policy.at(ix).retention.iter().flatten().count());
    Some((at, read(t, &changes, kept)))
}

/// `kept`: of how many kinds of data the purpose says how long they are kept.
fn read(t: Words, changes: &[Change], kept: usize) -> Vec<Changed> {
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    for change in changes.iter().filter(|change| concerns(change)) {
        let is_same = |other: &&Change| other.kind == change.kind && (&other.before, &other.after) == (&change.before, &change.after);
        match groups.iter_mut().find(|group| change.about.is_some() && group.first().is_some_and(is_same)) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups.iter().filter_map(|group| of_group(t, group, kept)).collect()
}

/// Does a customer want to know it?
fn concerns(change: &Change) -> bool {
    let told = [
        Kind::CategoryAdded,
        Kind::CategoryDropped,
        Kind::CategoryNeeded,
        Kind::RecipientNeeded,
        Kind::ChannelNeeded,
        Kind::NoMoreNeeded,
        Kind::RecipientAdded,
        Kind::RecipientDropped,
        Kind::ChannelAdded,
        Kind::ChannelDropped,
        Kind::KeptShorter,
    ];
    change.material || told.contains(&change.kind)
}

/// Changes of one kind, from the same to the same.
fn of_group(t: Words, group: &[&Change], kept: usize) -> Option<Changed> {
    let first = group.first()?;
    let names = listed(t, &group.iter().map(|change| named(t, change.about.as_ref())).collect::<Vec<_>>());
    let term = matches!(first.kind, Kind::KeptLonger | Kind::KeptShorter);
    let text = match first.kind {
        Kind::KeptLonger if group.len() == kept && kept > 1 => t.get("permit-changed-all-longer"),
        Kind::KeptShorter if group.len() == kept && kept > 1 => t.get("permit-changed-all-shorter"),
        kind => without_purpose(t, first, &sentence(t, kind, &named(t, first.purpose.as_ref()), &names)),
    };
    let words = |text: &str| match () {
        () if term => term_words(t, text),
        // Texts for customers stand in both languages; other terms and numbers say nothing to them.
        () if text.contains(" / ") => t.part(text).to_owned(),
        () => String::new(),
    };
    let (before, after) = match first.kind {
        Kind::RecipientAdded | Kind::CategoryAdded | Kind::ChannelAdded => (t.get("permit-changed-not"), names),
        Kind::RecipientDropped | Kind::CategoryDropped | Kind::ChannelDropped => (names, t.get("permit-changed-no-more")),
        _ => (words(&first.before), words(&first.after)),
    };
    Some(Changed { text, before: pieces(&before, &after), after: pieces(&after, &before) })
}

/// A change of the policy in a sentence.
pub(crate) fn change_text(t: Words, change: &Change) -> String {
    sentence(t, change.kind, &named(t, change.purpose.as_ref()), &named(t, change.about.as_ref()))
}

fn sentence(t: Words, kind: Kind, purpose: &str, about: &str) -> String {
    t.with(&format!("diff-{}", kind.code().replace('_', "-")), &[("purpose", purpose.into()), ("about", about.into())])
}

/// The purpose stands above what changed about it already.
fn without_purpose(t: Words, change: &Change, sentence: &str) -> String {
    sentence.replace(&format!(" ({})", named(t, change.purpose.as_ref())), "")
}

fn named(t: Words, thing: Option<&Thing>) -> String {
    thing.map_or_else(String::new, |thing| thing.name.get(t.language.tag()).to_owned())
}

/// A text by its sentences, those marked that the other text does not have, unless that is all of them: then nothing stands out.
fn pieces(text: &str, other: &str) -> Vec<Piece> {
    let all: Vec<&str> = sentences(text).collect();
    let differs: Vec<bool> = all.iter().map(|piece| !sentences(other).any(|o| o == *piece)).collect();
    let marks = differs.iter().any(|differs| !differs);
    let piece = |(text, differs): (&str, bool)| Piece { text: text.to_owned(), differs: marks && differs };
    all.into_iter().zip(differs).map(piece).collect()
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(". ").map(str::trim).filter(|piece| !piece.is_empty())
}

/// A term as the policy writes it, in words: `P24M` is "2 jaar".
fn term_words(t: Words, term: &str) -> String {
    let counted = |key: &str, count: usize| t.with(key, &[("count", count.into())]);
    let number = |text: &str| text.parse::<usize>().ok();
    let Some(rest) = term.strip_prefix('P') else { return t.get("reg-not-kept") };
    if let Some(years) = rest.strip_suffix("Y from year end").and_then(number) {
        return counted("reg-years-from-end", years);
    }
    let (months, days) = rest.split_once('M').map_or((None, rest), |(months, days)| (number(months), days));
    let months = months.map(|months| if months % 12 == 0 { counted("reg-years", months / 12) } else { counted("reg-months", months) });
    let days = days.strip_suffix('D').and_then(number).map(|days| counted("reg-days", days));
    listed(t, &months.into_iter().chain(days).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use regie_domain::policy::Wording;

    use super::*;
    use crate::http::pages::words::Language;

    fn change(kind: Kind, about: &str, before: &str, after: &str) -> Change {
        let thing = |name: &str| Some(Thing { id: name.into(), name: Wording { nl: name.into(), en: name.into() } });
        Change { kind, purpose: thing("Tips"), about: thing(about), before: before.into(), after: after.into(), material: true }
    }

    fn texts(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| if piece.differs { format!("[{}]", piece.text) } else { piece.text.clone() })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn what_is_the_same_for_several_kinds_is_said_once_with_before_and_after() {
        let t = Words::new(Language::Dutch);
        let all = [change(Kind::KeptLonger, "je aankopen", "P24M", "P36M"), change(Kind::KeptLonger, "je maten", "P24M", "P36M")];
        let some = read(t, &all, 3);
        assert_eq!(some.len(), 1);
        assert_eq!(some[0].text, "We bewaren dit langer: je aankopen en je maten.");
        assert_eq!((texts(&some[0].before), texts(&some[0].after)), ("2 jaar".into(), "3 jaar".into()));
        assert_eq!(read(t, &all, 2)[0].text, t.get("permit-changed-all-longer"));
        // A term of its own is told by itself.
        let other = [all[0].clone(), change(Kind::KeptLonger, "je maten", "P7D", "P1M2D")];
        assert_eq!(read(t, &other, 2).len(), 2);
        assert_eq!(texts(&read(t, &other, 2)[1].after), "1 maand en 2 dagen");
    }

    #[test]
    fn who_comes_to_get_something_is_told_though_it_ends_nothing() {
        let t = Words::new(Language::Dutch);
        let added = Change { material: false, ..change(Kind::RecipientAdded, "het bureau", "", "agency") };
        let told = read(t, &[added, Change { material: false, ..change(Kind::AskAgainChanged, "", "P1M", "P2M") }], 2);
        assert_eq!(told.len(), 1);
        assert!(told[0].text.contains("het bureau") && !told[0].text.contains("Tips"), "{}", told[0].text);
        assert_eq!(texts(&told[0].after), "het bureau");
    }

    #[test]
    fn a_text_is_marked_where_it_differs() {
        let (was, is) = ("We kijken. Je leest waarom.", "We kijken. Een bureau helpt. Je leest waarom.");
        assert_eq!(texts(&pieces(is, was)), "We kijken. [Een bureau helpt.] Je leest waarom.");
        assert_eq!(texts(&pieces(was, is)), was);
        assert_eq!(texts(&pieces("Alles is anders.", was)), "Alles is anders.");
    }
}
