//! What was told, in words; and what telling it brings in this shop.

use std::collections::BTreeMap;

use regie_domain::information::{Garment, InformationItem, Told};

use super::super::terms::{inside, listed, sentence};
use crate::engine::{Engine, GoesBy};
use crate::http::pages::caller::Caller;
use crate::http::pages::words::Words;

/// An item's name.
pub(crate) fn name(t: Words, item: InformationItem) -> String {
    t.get(&format!("item-{}", item.id()))
}

/// An item's drawing.
pub(in super::super) fn glyph(item: InformationItem) -> &'static str {
    match item {
        InformationItem::Sizes => "shirt",
        InformationItem::Diet => "salad",
        InformationItem::Birthday => "cake",
        InformationItem::Interests => "flower",
        InformationItem::Household => "kitchen",
    }
}

/// A value in words, with a capital.
pub(in super::super) fn value(caller: &Caller, told: &Told) -> String {
    let t = caller.words;
    let words = |stem: &str, ids: &mut dyn Iterator<Item = &'static str>| ids.map(|id| t.get(&format!("{stem}-{id}"))).collect::<Vec<_>>();
    let text = match told {
        Told::Diet(diets) => listed(t, &words("diet", &mut diets.iter().map(|d| d.id()))),
        Told::Sizes(sizes) => {
            let one = |(kind, size): (&regie_domain::information::Garment, &String)| {
                format!("{} {size}", t.get(&format!("garment-{}", kind.id())))
            };
            listed(t, &sizes.iter().map(one).collect::<Vec<_>>())
        }
        Told::Birthday(day) => format!("{} {}", day.day, t.get(&format!("month-{}", day.month))),
        Told::Interests(names) => listed(t, &names.iter().map(|id| inside(&caller.site.department(id, t.language))).collect::<Vec<_>>()),
        Told::Household(household) => {
            let people = t.get(&format!("people-count-{}", household.people.id().replace('+', "-more")));
            let ages = words("band", &mut household.children.iter().map(|age| age.id()));
            if ages.is_empty() { people } else { t.with("household-with", &[("people", people.into()), ("ages", listed(t, &ages).into())]) }
        }
    };
    sentence(&text)
}

/// What of a value spoke for a product: the departments that it is of, the sizes of what it is; all of it for the rest.
pub(in super::super) fn spoke_for(engine: &Engine, told: &Told, product: &str) -> Told {
    let Some(entry) = engine.catalogue_item(product) else { return told.clone() };
    let is_of = |name: &String| [&entry.department, &entry.brand].into_iter().flatten().any(|group| group.eq_ignore_ascii_case(name));
    match told {
        Told::Interests(names) if names.iter().any(is_of) => Told::Interests(names.iter().filter(|name| is_of(name)).cloned().collect()),
        Told::Sizes(sizes) => {
            let kinds = entry.sizes.as_ref();
            let has = |kind: &Garment| kinds.is_some_and(|kinds| kinds.contains_key(kind));
            let of_it: BTreeMap<Garment, String> =
                sizes.iter().filter(|(kind, _)| has(kind)).map(|(kind, size)| (*kind, size.clone())).collect();
            Told::Sizes(if of_it.is_empty() { sizes.clone() } else { of_it })
        }
        all => all.clone(),
    }
}

/// What something told brings: here, or whom the customer chose instead of the shop.
pub(in super::super) fn brings_to(t: Words, item: InformationItem, goes_by: &GoesBy, instead: &[String]) -> String {
    if instead.is_empty() { brings(t, item, goes_by) } else { t.with("brings-shared", &[("names", listed(t, instead).into())]) }
}

/// What telling an item brings here: only what the catalogue really goes by.
pub(in super::super) fn brings(t: Words, item: InformationItem, goes_by: &GoesBy) -> String {
    t.get(match item {
        InformationItem::Diet if goes_by.diets.is_empty() => "brings-nothing-diet",
        InformationItem::Diet => "brings-diet",
        InformationItem::Sizes if goes_by.garments.is_empty() => "brings-nothing-sizes",
        InformationItem::Sizes => "brings-sizes",
        InformationItem::Household if goes_by.ages.is_empty() => "brings-nothing-household",
        InformationItem::Household => "brings-household",
        InformationItem::Interests => "brings-interests",
        InformationItem::Birthday => "brings-birthday",
    })
}
