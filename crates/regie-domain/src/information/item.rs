//! The items that can be told, and the words that their values are made of.

use serde::{Deserialize, Serialize};

/// What a customer can tell. Each has a kind of value of its own: see [`Told`](super::Told).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InformationItem {
    /// Sizes, by kind of clothing.
    Sizes,
    /// What the customer does and does not eat.
    Diet,
    /// Day and month, never the year.
    Birthday,
    /// Departments and brands.
    Interests,
    /// How many people, and whether children of which ages.
    Household,
}

impl InformationItem {
    /// Every item, in the order of the pages.
    pub const ALL: [InformationItem; 5] =
        [InformationItem::Diet, InformationItem::Interests, InformationItem::Sizes, InformationItem::Household, InformationItem::Birthday];

    /// As the API writes it.
    pub fn id(self) -> &'static str {
        match self {
            InformationItem::Sizes => "sizes",
            InformationItem::Diet => "diet",
            InformationItem::Birthday => "birthday",
            InformationItem::Interests => "interests",
            InformationItem::Household => "household",
        }
    }

    /// The item of this id.
    pub fn of(id: &str) -> Option<InformationItem> {
        InformationItem::ALL.into_iter().find(|item| item.id() == id)
    }
}

/// Declares an enum of words with their ids, so that file, API and pages write them alike.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $id)] $variant),+ }

        impl $name {
            /// Every one, in the order of the pages.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// As the API writes it.
            pub fn id(self) -> &'static str {
                match self { $($name::$variant => $id),+ }
            }

            /// The one of this id.
            pub fn of(id: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|word| word.id() == id)
            }
        }
    };
}

words! {
    /// A kind of clothing that has sizes of its own.
    Garment { Tops = "tops", Trousers = "trousers", Dresses = "dresses", Shoes = "shoes" }
}

words! {
    /// A way of eating.
    Diet {
        Vegetarian = "vegetarian",
        Vegan = "vegan",
        /// Fish, but no meat.
        Pescatarian = "pescatarian",
        Halal = "halal",
        Kosher = "kosher",
        GlutenFree = "gluten-free",
        LactoseFree = "lactose-free",
        NutFree = "nut-free",
        LowSugar = "low-sugar",
    }
}

impl Diet {
    /// Does it say something about the customer's faith or health (Article 9)? Then it takes an explicit permission.
    pub fn is_special(self) -> bool {
        !matches!(self, Diet::Vegetarian | Diet::Vegan | Diet::Pescatarian)
    }

    /// As a bit of a set.
    pub fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// The set of diets that something fits which fits these: what is vegan is vegetarian too.
    pub fn fitted_by(fits: &[Diet]) -> u16 {
        fits.iter().fold(0, |all, diet| {
            all | diet.bit()
                | match diet {
                    Diet::Vegan => Diet::Vegetarian.bit() | Diet::Pescatarian.bit() | Diet::LactoseFree.bit(),
                    Diet::Vegetarian => Diet::Pescatarian.bit(),
                    _ => 0,
                }
        })
    }
}

words! {
    /// The ages of children, as wide as they serve.
    AgeBand { Baby = "0-3", Child = "4-11", Teen = "12-17" }
}

impl AgeBand {
    /// As a bit of a set.
    pub fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

words! {
    /// How many people live together, as exact as it serves.
    People { One = "1", Two = "2", Few = "3-4", Many = "5+" }
}

/// Whom the customer lives with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// How many.
    pub people: People,
    /// Children among them, by age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<AgeBand>,
}

/// A day of the year. There is no year in it: a birthday is for a wish, never for an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birthday {
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

impl Birthday {
    /// Reads `MM-DD`, also with the two hyphens that ISO 8601 wrote for a missing year.
    pub fn parse(text: &str) -> Option<Birthday> {
        let text = text.strip_prefix("--").unwrap_or(text);
        let (month, day) = text.split_once('-')?;
        let number = |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u8>().ok()).flatten();
        let (month, day) = (number(month)?, number(day)?);
        let days = match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Birthday { month, day })
    }
}

impl std::fmt::Display for Birthday {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}
