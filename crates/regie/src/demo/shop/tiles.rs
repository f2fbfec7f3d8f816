//! A product as a tile: its name in its own language, its drawing, its price, and why it is here.

use super::rooms::Rooms;
use super::views::Tile;
use crate::engine::api::{CatalogueItem, Recommended};
use crate::http::pages::caller::Caller;
use crate::http::pages::dates;
use crate::http::pages::glyph::glyph_of;
use crate::http::pages::portal::why;
use crate::http::pages::words::Language;

/// The method in the evidence of what is chosen in the shop.
pub(super) const METHOD: &str = "shop";

/// A tile without a reason.
pub(super) fn tile(caller: &Caller, rooms: &Rooms, entry: &CatalogueItem) -> Tile {
    let t = caller.words;
    let (name, name_lang) = why::name_of(caller, &entry.item);
    let name = rooms.size(&entry.item).map_or_else(|| name.clone(), |size| format!("{name}, {size}"));
    let price = entry.price_cents.filter(|cents| *cents > 0);
    Tile {
        add_label: t.with("add-label", &[("item", (&name).into())]),
        price: price.map(|cents| {
            let (euros, cents) = dates::price_parts(cents);
            (if t.language == Language::Dutch { format!("€\u{a0}{euros},") } else { format!("€{euros}.") }, cents)
        }),
        price_read: price.map(|cents| dates::price(cents, t.language)).unwrap_or_default(),
        brand: None,
        glyph: glyph_of(Some(entry)),
        item: entry.item.clone(),
        name,
        name_lang,
        because: None,
    }
}

/// A tile with its reason, as markup.
pub(super) fn reasoned(caller: &Caller, rooms: &Rooms, entry: &CatalogueItem, recommended: &Recommended) -> Tile {
    let mut tile = tile(caller, rooms, entry);
    let told = why::sentence_of(caller, &entry.item, &recommended.because);
    tile.because = told.or_else(|| recommended.new.then(|| caller.words.markup("because-new", &[])));
    tile
}

/// The tiles of items that may be shown, in their order.
pub(super) fn tiles(caller: &Caller, rooms: &Rooms, items: &[String], limit: usize) -> Vec<Tile> {
    let entries = items.iter().filter_map(|item| caller.site.engine.catalogue_item(item)).filter(|e| !e.blocked);
    entries.take(limit).map(|entry| tile(caller, rooms, &entry)).collect()
}
