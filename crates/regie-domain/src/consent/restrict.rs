//! Which uses of a customer's data are restricted (Article 18): the whole record, a purpose, a category, or one within the other.
//!
//! Invariant: lifting takes back exactly what was restricted under the same name, so a narrower restriction outlives a wider one
//! that is lifted, and the other way round. Left out: what goes on despite a restriction; see [`super::decide`].

use crate::fact::RestrictedPart;
use crate::policy::{Categories, CategoryIx, Policy, Purpose, PurposeIx, Purposes, limits::PURPOSES_MAX};

/// See the module. Valid for one policy only; never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Restrictions {
    /// Everything.
    pub whole: bool,
    /// Whole purposes.
    pub purposes: Purposes,
    /// Categories, for whatever purpose.
    pub categories: Categories,
    /// Categories for one purpose, by purpose.
    pub cells: [Categories; PURPOSES_MAX],
}

/// One restriction, in the policy's integers. `None` stands for every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Part {
    /// The purpose.
    pub purpose: Option<PurposeIx>,
    /// The category.
    pub category: Option<CategoryIx>,
}

impl Part {
    /// The part that a fact names; `None` if the policy no longer has it.
    pub fn of(policy: &Policy, part: &RestrictedPart) -> Option<Part> {
        Some(Part {
            purpose: part.purpose.as_ref().map(|id| policy.purpose(id).ok_or(())).transpose().ok()?,
            category: part.category.as_ref().map(|id| policy.category(id).ok_or(())).transpose().ok()?,
        })
    }

    /// Is any use for this purpose part of it?
    pub fn reaches(&self, ix: PurposeIx, purpose: &Purpose) -> bool {
        self.purpose.is_none_or(|p| p == ix) && self.category.is_none_or(|category| purpose.categories.has(category))
    }
}

impl Restrictions {
    /// Is nothing restricted?
    pub fn is_none(&self) -> bool {
        *self == Restrictions::default()
    }

    /// Restricts a part, or lifts what was restricted under this very name.
    pub fn set(&mut self, part: Part, restricted: bool) {
        match (part.purpose, part.category) {
            (None, None) => self.whole = restricted,
            (Some(purpose), None) => {
                let without = self.purposes.0 & !Purposes::only(purpose).0;
                self.purposes = if restricted { self.purposes.with(purpose) } else { Purposes(without) };
            }
            (None, Some(category)) => change(&mut self.categories, category, restricted),
            (Some(purpose), Some(category)) => {
                if let Some(cell) = self.cells.get_mut(usize::from(purpose.0)) {
                    change(cell, category, restricted);
                }
            }
        }
    }

    /// Does a restriction of this very name stand?
    pub fn has(&self, part: Part) -> bool {
        match (part.purpose, part.category) {
            (None, None) => self.whole,
            (Some(purpose), None) => self.purposes.has(purpose),
            (None, Some(category)) => self.categories.has(category),
            (Some(purpose), Some(category)) => self.cell(purpose).has(category),
        }
    }

    /// Is the use of this category for this purpose restricted?
    pub fn covers(&self, purpose: PurposeIx, category: CategoryIx) -> bool {
        self.whole || self.purposes.has(purpose) || self.categories.has(category) || self.cell(purpose).has(category)
    }

    /// Is any use for this purpose restricted?
    pub fn touches(&self, purpose: PurposeIx) -> bool {
        self.whole || self.purposes.has(purpose) || !self.categories.is_empty() || !self.cell(purpose).is_empty()
    }

    /// What either restricts.
    #[must_use]
    pub fn or(mut self, other: &Restrictions) -> Restrictions {
        self.whole |= other.whole;
        self.purposes = Purposes(self.purposes.0 | other.purposes.0);
        self.categories = Categories(self.categories.0 | other.categories.0);
        for (cell, other) in self.cells.iter_mut().zip(other.cells) {
            *cell = Categories(cell.0 | other.0);
        }
        self
    }

    /// Every restriction that stands, the widest first.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        if self.whole {
            parts.push(Part { purpose: None, category: None });
        }
        parts.extend(self.purposes.iter().map(|purpose| Part { purpose: Some(purpose), category: None }));
        parts.extend(self.categories.iter().map(|category| Part { purpose: None, category: Some(category) }));
        for (purpose, cell) in (0u8..).zip(&self.cells) {
            parts.extend(cell.iter().map(|category| Part { purpose: Some(PurposeIx(purpose)), category: Some(category) }));
        }
        parts
    }

    fn cell(&self, purpose: PurposeIx) -> Categories {
        self.cells.get(usize::from(purpose.0)).copied().unwrap_or_default()
    }
}

fn change(set: &mut Categories, category: CategoryIx, on: bool) {
    let without = set.0 & !Categories::only(category).0;
    *set = if on { set.with(category) } else { Categories(without) };
}
