//! `/mijn/waarom/{item}`: why do I see this? The reason, the data behind it, until when, and a way to stop it, side by side.
//!
//! What was shown in this visit is explained from what was shown. Only when nothing of the kind was shown is it worked out
//! again, which is a use like any other and recorded as one.

use std::collections::HashSet;
use std::sync::Arc;

use axum::response::Response;
use regie_domain::consent::Ends;
use regie_domain::information::InformationItem;
use regie_domain::policy::Policy;
use regie_domain::time::Time;

use super::home::is_on;
use super::views::{Switch, WhyPage};
use super::{information, terms};
use crate::engine::EngineError;
use crate::engine::api::{Because, Becauses, Wish, Without};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::dates::Dates;
use crate::http::pages::glyph::glyph_of;
use crate::http::pages::problem::refused;
use crate::http::pages::session::Shown;
use crate::http::pages::words::Words;

/// How many recommendations are looked through for one that was not shown in this visit.
const LOOK_THROUGH: usize = 100;
/// The events of a reason that are told one by one.
const TOLD_MAX: usize = 5;
/// The purpose that personal tips rest on.
const TIPS: &str = "recommendations";

/// The sentence for a reason: its message, and the item that it names. `None`: a popular item, no reason of the customer's own.
pub(crate) fn reason<'a>(item: &str, because: &'a [Arc<Because>]) -> Option<(Kind, &'a str)> {
    let first = because.first()?;
    let kind = match &*first.category {
        _ if first.information.is_some() => Kind::Told(first.information.unwrap_or(InformationItem::Diet)),
        _ if first.event.is_none() => Kind::Visit,
        "purchases" | "sensitive-purchases" if *first.item == *item && first.times > 1 => Kind::Again,
        "purchases" | "sensitive-purchases" if *first.item == *item => Kind::Before,
        "purchases" | "sensitive-purchases" if first.times > 1 => Kind::Often,
        "purchases" | "sensitive-purchases" => Kind::Bought,
        _ => Kind::Viewed,
    };
    Some((kind, &first.item))
}

/// What kind of reason it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The customer bought this very item more than once.
    Again,
    /// The customer bought this very item once.
    Before,
    /// Bought another item more than once.
    Often,
    /// Bought another item.
    Bought,
    /// Looked at it, and that was kept.
    Viewed,
    /// Looked at it in this visit; not kept.
    Visit,
    /// The customer told something that it fits.
    Told(InformationItem),
}

/// The message of a reason that the customer told, on the page that explains and on a tile.
fn told_keys(item: InformationItem) -> [&'static str; 2] {
    match item {
        InformationItem::Diet => ["why-told-diet", "because-told-diet"],
        InformationItem::Sizes => ["why-told-sizes", "because-told-sizes"],
        InformationItem::Interests | InformationItem::Birthday => ["why-told-interests", "because-told-interests"],
        InformationItem::Household => ["why-told-household", "because-told-household"],
    }
}

/// What the customer told of an item now, in words for the middle of a sentence: as much of it as spoke for this product. The item's own
/// name where it is told no more.
fn told_words(caller: &Caller, item: InformationItem, product: &str) -> String {
    let told = caller.customer().and_then(|c| caller.site.engine.information_item(c, item).ok());
    let words = told.map_or_else(
        || information::name(caller.words, item),
        |told| information::value(caller, &information::spoke_for(&caller.site.engine, &told.told, product)),
    );
    terms::inside(&words)
}

/// A reason as a short sentence for a tile, markup; nothing for a popular item.
pub(crate) fn sentence_of(caller: &Caller, item: &str, because: &[Arc<Because>]) -> Option<String> {
    let (kind, about) = reason(item, because)?;
    let key = match kind {
        Kind::Again => "because-again",
        Kind::Before => "because-before",
        Kind::Often => "because-often",
        Kind::Bought => "because-bought",
        Kind::Viewed | Kind::Visit => "because-viewed",
        Kind::Told(told) => return Some(caller.words.markup(told_keys(told)[1], &[("told", told_words(caller, told, item).into())])),
    };
    let (about, lang) = name_of(caller, about);
    Some(caller.words.markup(key, &[("item", about.into()), ("lang", lang.into())]))
}

/// Why an item was shown in this visit, or would be.
pub(super) async fn shown_because(caller: &Caller, item: &str) -> Result<Becauses, EngineError> {
    Ok(match caller.session.shown.get(item) {
        Some(shown) => shown.because.clone(),
        None => work_out(caller, item).await?.because,
    })
}

/// An item's name and the language it is in.
pub(crate) fn name_of(caller: &Caller, item: &str) -> (String, String) {
    let tag = caller.words.language.tag();
    let entry = caller.site.engine.catalogue_item(item);
    let found =
        entry.as_ref().and_then(|e| e.names.get_key_value(tag).or_else(|| e.names.get_key_value("en")).or_else(|| e.names.iter().next()));
    found.map_or_else(|| (item.to_owned(), tag.to_owned()), |(language, name)| (name.clone(), language.clone()))
}

pub(super) async fn show(mut caller: Caller, InPath(item): InPath) -> Response {
    let shown = match caller.session.shown.get(&item) {
        Some(shown) => shown.clone(),
        None => match work_out(&caller, &item).await {
            Ok(shown) => shown,
            Err(error) => return refused(caller, &error),
        },
    };
    let page = page(&mut caller, &item, &shown);
    caller.page(&page)
}

async fn work_out(caller: &Caller, item: &str) -> Result<Shown, EngineError> {
    let Some(customer) = caller.customer() else { return Ok(Shown::default()) };
    let wish = Wish {
        customer: Some(customer),
        visit: caller.session.seen.clone(),
        visit_id: Some(caller.session.visit.clone()),
        channel: "web".into(),
        limit: LOOK_THROUGH,
        request: None,
        store: None,
        without: Without::default(),
    };
    let found = caller.site.engine.recommend(wish).await?.items.into_iter().find(|r| r.item == item);
    Ok(found.map(|r| Shown { because: r.because, new: r.new }).unwrap_or_default())
}

fn page(caller: &mut Caller, item: &str, shown: &Shown) -> WhyPage {
    let because = shown.because.as_slice();
    let (t, dates) = (caller.words, caller.dates());
    let policy = caller.site.engine.policy();
    let (name, name_lang) = name_of(caller, item);
    let say = match reason(item, because) {
        None if shown.new => t.markup("why-new", &[]),
        None if caller.session.shown.contains_key(item) => t.markup("why-popular", &[]),
        None => t.markup("why-not-shown", &[]),
        Some((kind, about)) => {
            let key = match kind {
                Kind::Again => "why-again",
                Kind::Before => "why-before",
                Kind::Often => "why-often",
                Kind::Bought => "why-bought",
                Kind::Viewed => "why-viewed",
                Kind::Visit => "why-visit",
                Kind::Told(item) => told_keys(item)[0],
            };
            if let Kind::Told(told) = kind {
                t.markup(key, &[("told", told_words(caller, told, item).into())])
            } else {
                let (about, lang) = name_of(caller, about);
                t.markup(key, &[("item", about.into()), ("lang", lang.into())])
            }
        }
    };
    // The sentence names one item: what happened with that comes first, and the rest is said to be more than that.
    let is_named = |b: &Because| because.first().is_some_and(|first| first.item == b.item && first.information == b.information);
    let (mut trail, mut also) = (Vec::new(), Vec::new());
    // Two items of one name on one day would say the same twice.
    let mut told = HashSet::new();
    for b in because.iter().take(TOLD_MAX) {
        let step = step(caller, &dates, &policy, b);
        if told.insert(step.clone()) {
            if is_named(b) { &mut trail } else { &mut also }.push(step);
        }
    }
    let glyph = glyph_of(caller.site.engine.catalogue_item(item).as_deref());
    let switch = switch(caller, t, &dates, &policy, shown);
    let elsewhere = (shown.new && because.is_empty() && switch.is_none()).then(|| t.markup("why-new-switch-off", &[]));
    let f = caller.frame(t.get("why-page"));
    let back = caller.site.shop.unwrap_or("/mijn");
    // What stands still or was stopped makes no difference now, and is asked about elsewhere.
    let without = because.iter().any(|b| is_used(caller, b)).then(|| format!("/mijn/waarom/{item}/zonder"));
    let told = because.first().filter(|b| is_used(caller, b)).and_then(|b| b.information);
    let told = told.map(|item| (item.id(), t.with("why-told-switch", &[("item", terms::inside(&information::name(t, item)).into())])));
    let personal = !because.is_empty() || switch.is_some();
    WhyPage { f, back, without, told, name, name_lang, glyph, personal, say, trail, also, switch, elsewhere }
}

/// May what this rests on be used now?
fn is_used(caller: &Caller, because: &Because) -> bool {
    let (engine, Some(customer)) = (&caller.site.engine, caller.customer()) else { return false };
    match because.information {
        Some(item) => engine.information_item(customer, item).is_ok_and(|told| told.state.is_used()),
        // What was seen in this visit alone rests on no consent.
        None if because.event.is_none() => true,
        None => {
            let policy = engine.policy();
            let states = engine.states(customer).unwrap_or_default();
            states.iter().any(|state| is_on(state) && *policy.at(state.purpose).id == *because.consent)
        }
    }
}

/// One event of the customer's own, as markup.
fn step(caller: &Caller, dates: &Dates, policy: &Policy, because: &Because) -> String {
    let t = dates.words;
    if let (Some(item), Some(at)) = (because.information, because.at) {
        let values = [
            ("item", information::name(t, item).into()),
            ("told", told_words(caller, item, &because.item).into()),
            ("when", dates.ago(at).into()),
        ];
        return t.markup("why-step-told", &values);
    }
    let (name, lang) = name_of(caller, &because.item);
    let category = policy.category(&because.category).and_then(|c| policy.categories.get(usize::from(c.0)));
    let category = category.map(|c| c.name.get(t.language.tag()).to_owned()).unwrap_or_default();
    match because.at {
        Some(at) => t.markup(
            "why-step",
            &[("item", name.into()), ("lang", lang.into()), ("when", dates.ago(at).into()), ("category", category.into())],
        ),
        None => t.markup("why-step-visit", &[("item", name.into()), ("lang", lang.into())]),
    }
}

/// The switch beside the reason, if it rests on a permission that still holds. What is new has no reason of its own: it stands there because
/// tips are permitted.
fn switch(caller: &Caller, t: Words, dates: &Dates, policy: &Policy, shown: &Shown) -> Option<Switch> {
    let because = shown.because.as_slice();
    let consents = caller.site.engine.states(caller.customer()?).ok()?;
    let held = |b: &&Arc<Because>| consents.iter().any(|s| is_on(s) && *policy.at(s.purpose).id == *b.consent);
    // What was told has its own permission, and its own place to change it.
    if because.first().is_some_and(|b| b.information.is_some()) {
        return None;
    }
    let (purpose, until) = match because.iter().find(held) {
        Some(first) => {
            let until = match &*first.until {
                "visit" => Ends::Visit,
                "once" => Ends::Once,
                "withdrawn" => Ends::Withdrawn,
                moment => Time::parse(moment).map_or(Ends::None, Ends::Moment),
            };
            (policy.purpose(&first.consent)?, until)
        }
        None if shown.new && because.is_empty() => {
            let tips = consents.iter().find(|s| is_on(s) && policy.at(s.purpose).id == TIPS)?;
            (tips.purpose, tips.until)
        }
        None => return None,
    };
    let purpose = policy.at(purpose);
    let left = terms::sentence(&terms::left(dates, until));
    Some(Switch {
        title: t.with("why-switch", &[("purpose", purpose.name.get(t.language.tag()).into())]),
        until: t.with("why-until", &[("left", left.into())]),
        purpose: purpose.id.clone(),
        back: if caller.site.shop.is_some() { "shop" } else { "portal" },
    })
}

#[cfg(test)]
mod tests {
    use regie_domain::ids::EventId;

    use super::*;

    #[test]
    fn the_sentence_says_no_more_than_the_events_do() {
        let because = |item: &str, category: &str, times: u32, stored: bool| Because {
            event: stored.then_some(EventId(1)),
            item: item.into(),
            at: None,
            category: category.into(),
            consent: "recommendations".into(),
            until: "withdrawn".into(),
            times,
            information: None,
        };
        for (because, kind) in [
            (because("milk", "purchases", 3, true), Kind::Again),
            (because("milk", "purchases", 1, true), Kind::Before),
            (because("oats", "purchases", 2, true), Kind::Often),
            (because("oats", "sensitive-purchases", 1, true), Kind::Bought),
            (because("milk", "browsing", 4, true), Kind::Viewed),
            (because("oats", "browsing", 1, false), Kind::Visit),
        ] {
            let told = [Arc::new(because)];
            assert_eq!(reason("milk", &told), Some((kind, &*told[0].item)));
        }
        assert_eq!(reason("milk", &[]), None);
    }
}
