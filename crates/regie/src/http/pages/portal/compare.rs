//! Two lists of tips side by side, and in words what differs: no reader has to compare them by eye.

use std::collections::HashSet;

use askama::Template;

use super::why::{self, sentence_of};
use crate::engine::api::{Recommendations, Recommended};
use crate::http::pages::caller::Caller;
use crate::http::pages::frame::Frame;
use crate::http::pages::glyph::glyph_of;

/// Tips that each list shows.
pub(super) const SHOWN: usize = 6;

/// One tip of a list.
#[derive(Debug, Clone)]
pub(super) struct Tip {
    pub(super) name: String,
    pub(super) name_lang: String,
    pub(super) glyph: String,
    /// Why it stands here; markup.
    pub(super) because: Option<String>,
    /// "valt weg", "komt erbij".
    pub(super) mark: Option<String>,
}

/// A list.
#[derive(Debug, Clone)]
pub(super) struct TipList {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) note: String,
    pub(super) tips: Vec<Tip>,
}

/// A page with two lists.
#[derive(Debug, Template)]
#[template(path = "portal/compare.html")]
pub(super) struct ComparePage {
    pub(super) f: Frame,
    pub(super) back: String,
    pub(super) back_label: String,
    pub(super) title: String,
    pub(super) lead: String,
    /// The switch that led here, and where turning it leads.
    pub(super) switch: Option<(String, String)>,
    /// What differs, in a sentence.
    pub(super) sum: String,
    pub(super) lists: Vec<TipList>,
    pub(super) note: String,
}

/// Two lists of the same length at most, as the page shows them: `one` with what `other` lacks marked, and the other way round.
pub(super) fn both(caller: &Caller, one: &Recommendations, other: &Recommendations, marks: [&str; 2]) -> ([Vec<Tip>; 2], usize) {
    let (one, other) = (distinct(caller, one), distinct(caller, other));
    let names = |list: &[(&Recommended, String, String)]| list.iter().map(|(_, name, _)| name.clone()).collect::<HashSet<_>>();
    let (in_one, in_other) = (names(&one), names(&other));
    let tips = |list: &[(&Recommended, String, String)], lacks: &HashSet<String>, mark: &str| {
        let tip = |(r, name, lang): &(&Recommended, String, String)| Tip {
            mark: (!lacks.contains(name)).then(|| caller.words.get(mark)),
            glyph: glyph_of(caller.site.engine.catalogue_item(&r.item).as_deref()),
            because: sentence_of(caller, &r.item, &r.because),
            name: name.clone(),
            name_lang: lang.clone(),
        };
        list.iter().map(tip).collect::<Vec<_>>()
    };
    let differing = in_one.difference(&in_other).count();
    ([tips(&one, &in_other, marks[0]), tips(&other, &in_one, marks[1])], differing)
}

/// The first few, one of each name: two that read alike differ for nobody.
fn distinct<'a>(caller: &Caller, list: &'a Recommendations) -> Vec<(&'a Recommended, String, String)> {
    let mut out: Vec<(&Recommended, String, String)> = Vec::new();
    for recommended in &list.items {
        let (name, lang) = why::name_of(caller, &recommended.item);
        if out.len() < SHOWN && !out.iter().any(|(_, before, _)| *before == name) {
            out.push((recommended, name, lang));
        }
    }
    out
}
