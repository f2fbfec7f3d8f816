//! The rooms of the shop: the till's shelves, what stands on them (the most sold first), and its 32 departments.
//!
//! Read once at start from the demo's own files; names, prices and what may be shown come from the catalogue when asked.

use std::collections::{BTreeSet, HashMap};

use crate::demo::till::{self, TillError};
use crate::http::pages::words::Language;

/// So many products stand on a shelf that one looks along.
const ON_A_SHELF: usize = 96;

/// A shelf or a department.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) id: String,
    nl: String,
    en: String,
    pub(super) glyph: String,
    /// The most sold first.
    pub(super) items: Vec<String>,
    /// One of the till's own departments rather than a shelf of the shop.
    pub(super) is_department: bool,
}

impl Room {
    /// Its name.
    pub(super) fn name(&self, language: Language) -> &str {
        match language {
            Language::Dutch => &self.nl,
            Language::English => &self.en,
        }
    }
}

/// All rooms.
#[derive(Debug)]
pub(super) struct Rooms {
    rooms: Vec<Room>,
    /// Size and room of the items that stand in one.
    placed: HashMap<String, (String, usize)>,
}

impl Rooms {
    pub(super) fn read() -> Result<Rooms, TillError> {
        let till = till::products()?;
        let shelf = |s: &till::Shelf| Room {
            id: s.id.clone(),
            nl: s.nl.clone(),
            en: s.en.clone(),
            glyph: s.glyph.clone(),
            items: Vec::new(),
            is_department: false,
        };
        // A department may bear the name of a shelf; it stands beside it under a name of its own.
        let department = |d: &till::Department| Room {
            id: format!("kassa-{}", d.id),
            nl: d.nl.clone(),
            en: d.en.clone(),
            glyph: d.glyph.clone(),
            items: Vec::new(),
            is_department: true,
        };
        let mut rooms: Vec<Room> = till.shelves.iter().map(shelf).chain(till.departments.iter().map(department)).collect();
        let shelves = till.shelves.len();
        let mut placed = HashMap::new();
        let mut known: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); rooms.len()];
        for product in till.products.iter().filter(|p| !p.blocked) {
            let places = [usize::from(product.shelf), shelves + usize::from(product.department)];
            for place in places {
                let (Some(room), Some(known)) = (rooms.get_mut(place), known.get_mut(place)) else { continue };
                // The till tells many products no further apart: one of each name is enough to look along.
                if room.items.len() < ON_A_SHELF && known.insert(&product.name) {
                    room.items.push(product.id.clone());
                    placed.entry(product.id.clone()).or_insert_with(|| (product.size.clone(), places[0]));
                }
            }
        }
        Ok(Rooms { rooms, placed })
    }

    /// The shelves with something on them, in the order of the shop.
    pub(super) fn shelves(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|r| !r.is_department && !r.items.is_empty())
    }

    /// The till's departments with something in them.
    pub(super) fn departments(&self) -> impl Iterator<Item = &Room> {
        self.rooms.iter().filter(|r| r.is_department && !r.items.is_empty())
    }

    /// The room of this id.
    pub(super) fn find(&self, id: &str) -> Option<&Room> {
        self.rooms.iter().find(|r| r.id == id)
    }

    /// The room that an item stands in.
    pub(super) fn of(&self, item: &str) -> Option<&Room> {
        self.placed.get(item).and_then(|(_, room)| self.rooms.get(*room))
    }

    /// An item's package size, if the till told it.
    pub(super) fn size(&self, item: &str) -> Option<&str> {
        self.placed.get(item).map(|(size, _)| size.as_str()).filter(|size| !size.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shelf_is_drawn_and_the_shop_is_not_empty() {
        let rooms = Rooms::read().unwrap();
        assert!(rooms.shelves().count() > 30);
        assert!(rooms.departments().count() > 15);
        let drawings = include_str!("../../../assets/glyphs.svg");
        let tints = include_str!("../../../assets/pages.css");
        for room in &rooms.rooms {
            assert!(drawings.contains(&format!("<symbol id=\"{}\"", room.glyph)), "{} is not drawn", room.glyph);
            assert!(tints.contains(&format!(".g-{}{{", room.glyph)), "{} has no tint", room.glyph);
        }
        let dairy = rooms.find("dairy").unwrap();
        assert_eq!(rooms.of(&dairy.items[0]).map(|r| r.id.as_str()), Some("dairy"));
    }
}
