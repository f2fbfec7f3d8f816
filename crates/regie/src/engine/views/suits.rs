//! Whom an item suits, where the catalogue says so: diets, ages, sizes. What it does not say rules nothing out.

use std::collections::BTreeSet;

use regie_domain::information::{AgeBand, Diet, Garment};

use crate::engine::api::CatalogueItem;

/// Two small sets, and whether they were declared. Four bytes an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Suits {
    diets: u16,
    ages: u8,
    declared: u8,
}

const DIETS: u8 = 1;
const AGES: u8 = 2;
const SIZES: u8 = 4;

impl Suits {
    /// What an entry declares.
    pub(crate) fn of(entry: &CatalogueItem) -> Suits {
        let declared = |is: bool, bit: u8| if is { bit } else { 0 };
        Suits {
            diets: entry.diets.as_deref().map_or(0, Diet::fitted_by),
            ages: entry.ages.iter().flatten().fold(0, |all, age: &AgeBand| all | age.bit()),
            declared: declared(entry.diets.is_some(), DIETS)
                | declared(entry.ages.is_some(), AGES)
                | declared(entry.sizes.is_some(), SIZES),
        }
    }

    /// Does it fit all of these diets? `None`: it does not say.
    pub(crate) fn diets(self, wanted: u16) -> Option<bool> {
        (self.declared & DIETS != 0).then_some(self.diets & wanted == wanted)
    }

    /// Is it for any of these ages? `None`: it is for everybody.
    pub(crate) fn ages(self, living: u8) -> Option<bool> {
        (self.declared & AGES != 0).then_some(self.ages & living != 0)
    }

    /// Does the entry list sizes?
    pub(crate) fn has_sizes(self) -> bool {
        self.declared & SIZES != 0
    }
}

/// The diets, ages and kinds of clothing that any item ever declared: only of those does telling change anything. Grows only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoesBy {
    /// Diets.
    pub diets: BTreeSet<Diet>,
    /// Kinds of clothing with sizes.
    pub garments: BTreeSet<Garment>,
    /// Children's ages.
    pub ages: BTreeSet<AgeBand>,
}

impl GoesBy {
    pub(crate) fn add(&mut self, entry: &CatalogueItem) {
        for &diet in entry.diets.iter().flatten() {
            self.diets.insert(diet);
            // What fits no meat-eater alone fits these too.
            if diet == Diet::Vegan {
                self.diets.insert(Diet::Vegetarian);
            }
        }
        self.garments.extend(entry.sizes.iter().flatten().map(|(kind, _)| *kind));
        self.ages.extend(entry.ages.iter().flatten());
    }
}
