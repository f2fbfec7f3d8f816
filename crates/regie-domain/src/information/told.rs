//! A value that was told: read once, checked, and written the same way ever after.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::item::{AgeBand, Birthday, Diet, Garment, Household, InformationItem, People};

/// What a value is bounded by.
pub mod limits {
    /// Interests that one customer tells.
    pub const INTERESTS_MAX: usize = 20;
    /// Bytes of a size.
    pub const SIZE_BYTES_MAX: usize = 12;
}

/// A value of one of the items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// See [`InformationItem::Sizes`].
    Sizes(BTreeMap<Garment, String>),
    /// See [`InformationItem::Diet`]; in the order of [`Diet::ALL`], each once, at least one.
    Diet(Vec<Diet>),
    /// See [`InformationItem::Birthday`].
    Birthday(Birthday),
    /// See [`InformationItem::Interests`]; as the catalogue writes them, each once, at least one.
    Interests(Vec<String>),
    /// See [`InformationItem::Household`].
    Household(Household),
}

/// How the catalogue writes a department or brand that a customer named; `None` if it has no such.
pub type InterestName<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Why a value was not taken. No variant repeats it: it is personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ToldError {
    /// Not of the item's kind.
    #[error("`value` of `{}` must be {expected}", item.id())]
    NotUnderstood {
        /// The item.
        item: InformationItem,
        /// What it takes.
        expected: &'static str,
    },
    /// A year was sent with the birthday.
    #[error("a birthday is a day and a month, `MM-DD`: the year is not asked for and not kept")]
    YearOfBirth,
    /// An interest that is neither a department nor a brand of the catalogue.
    #[error("an interest must be a department or a brand of the catalogue")]
    InterestUnknown,
    /// More than [`limits::INTERESTS_MAX`].
    #[error("at most {} interests can be told", limits::INTERESTS_MAX)]
    TooMany,
}

impl ToldError {
    /// The API's word.
    pub fn code(self) -> &'static str {
        match self {
            ToldError::NotUnderstood { .. } => "value_not_understood",
            ToldError::YearOfBirth => "year_of_birth",
            ToldError::InterestUnknown => "interest_unknown",
            ToldError::TooMany => "too_many_values",
        }
    }
}

impl Told {
    /// Reads the value of an item as the API writes it. A single text stands for a list of one, and a letter size for `tops`.
    ///
    /// # Errors
    /// See [`ToldError`].
    pub fn read(item: InformationItem, value: &Value, interest: InterestName<'_>) -> Result<Told, ToldError> {
        let wrong = |expected| ToldError::NotUnderstood { item, expected };
        Ok(match item {
            InformationItem::Sizes => {
                let expected = "an object of sizes by kind of clothing: tops, trousers, dresses, shoes; for instance {\"tops\": \"M\", \"shoes\": \"42\"}";
                let sizes: Option<BTreeMap<Garment, String>> = match value {
                    Value::String(text) => letters(text).map(|size| BTreeMap::from([(Garment::Tops, size)])),
                    Value::Object(all) => {
                        all.iter().map(|(kind, size)| Garment::of(kind).and_then(|g| Some((g, size_of(g, &text_of(size)?)?)))).collect()
                    }
                    _ => None,
                };
                Told::Sizes(sizes.filter(|all| !all.is_empty()).ok_or_else(|| wrong(expected))?)
            }
            InformationItem::Diet => {
                let expected =
                    "one or more of vegetarian, vegan, pescatarian, halal, kosher, gluten-free, lactose-free, nut-free, low-sugar";
                let mut diets: Vec<Diet> =
                    texts_of(value).and_then(|all| all.iter().map(|id| Diet::of(id)).collect()).ok_or_else(|| wrong(expected))?;
                diets.sort_unstable();
                diets.dedup();
                if diets.is_empty() {
                    return Err(wrong(expected));
                }
                Told::Diet(diets)
            }
            InformationItem::Birthday => {
                let text = value.as_str().unwrap_or_default();
                if text.len() == 10 && text.get(5..).and_then(Birthday::parse).is_some() {
                    return Err(ToldError::YearOfBirth);
                }
                Told::Birthday(Birthday::parse(text).ok_or_else(|| wrong("a day of the year, MM-DD"))?)
            }
            InformationItem::Interests => {
                let expected = "one or more departments or brands of the catalogue";
                let all = texts_of(value).filter(|all| !all.is_empty()).ok_or_else(|| wrong(expected))?;
                if all.len() > limits::INTERESTS_MAX {
                    return Err(ToldError::TooMany);
                }
                let mut interests: Vec<String> =
                    all.iter().map(|name| interest(name)).collect::<Option<_>>().ok_or(ToldError::InterestUnknown)?;
                interests.sort_unstable();
                interests.dedup();
                Told::Interests(interests)
            }
            InformationItem::Household => {
                let expected = "{\"people\": \"1\", \"2\", \"3-4\" or \"5+\", \"children\": ages among 0-3, 4-11, 12-17}";
                Told::Household(household(value).ok_or_else(|| wrong(expected))?)
            }
        })
    }

    /// Which item it is a value of.
    pub fn item(&self) -> InformationItem {
        match self {
            Told::Sizes(_) => InformationItem::Sizes,
            Told::Diet(_) => InformationItem::Diet,
            Told::Birthday(_) => InformationItem::Birthday,
            Told::Interests(_) => InformationItem::Interests,
            Told::Household(_) => InformationItem::Household,
        }
    }

    /// As the API writes it: what [`Told::read`] takes.
    pub fn to_value(&self) -> Value {
        match self {
            Told::Sizes(sizes) => {
                Value::Object(sizes.iter().map(|(kind, size)| (kind.id().to_owned(), json!(size))).collect::<Map<_, _>>())
            }
            Told::Diet(diets) => json!(diets),
            Told::Birthday(birthday) => json!(birthday.to_string()),
            Told::Interests(interests) => json!(interests),
            Told::Household(household) => json!(household),
        }
    }

    /// Does it say something about faith or health by itself (Article 9)? What an interest says, the catalogue knows.
    pub fn is_special(&self) -> bool {
        matches!(self, Told::Diet(diets) if diets.iter().any(|d| d.is_special()))
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // A shoe's size is often written as a number.
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts_of(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn letters(text: &str) -> Option<String> {
    let size = text.trim().to_ascii_uppercase();
    matches!(size.as_str(), "XXS" | "XS" | "S" | "M" | "L" | "XL" | "XXL" | "3XL" | "4XL" | "5XL").then_some(size)
}

/// A size as this kind of clothing has it: letters or European numbers; trousers also in inches (`32/34`), shoes in halves.
fn size_of(garment: Garment, text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > limits::SIZE_BYTES_MAX {
        return None;
    }
    let whole = |text: &str, from: u8, to: u8| text.parse::<u8>().ok().filter(|n| (from..=to).contains(n)).map(|n| n.to_string());
    match garment {
        Garment::Shoes => {
            let (size, half) = match text.replace(',', ".").split_once('.') {
                Some((size, "5")) => (size.to_owned(), ".5"),
                Some((size, "0")) => (size.to_owned(), ""),
                Some(_) => return None,
                None => (text.to_owned(), ""),
            };
            whole(&size, 16, 52).map(|size| size + half)
        }
        Garment::Trousers => letters(text).or_else(|| whole(text, 24, 66)).or_else(|| {
            let (waist, length) = text.split_once('/')?;
            Some(format!("{}/{}", whole(waist, 24, 50)?, whole(length, 26, 40)?))
        }),
        Garment::Tops | Garment::Dresses => letters(text).or_else(|| whole(text, 32, 66)),
    }
}

fn household(value: &Value) -> Option<Household> {
    let all = value.as_object()?;
    if all.keys().any(|key| key != "people" && key != "children") {
        return None;
    }
    let people = match all.get("people")? {
        Value::String(text) => People::of(text)?,
        Value::Number(number) => match number.as_u64()? {
            0 => return None,
            1 => People::One,
            2 => People::Two,
            3 | 4 => People::Few,
            _ => People::Many,
        },
        _ => return None,
    };
    let mut children: Vec<AgeBand> = match all.get("children") {
        None | Some(Value::Null) => Vec::new(),
        Some(ages) => texts_of(ages)?.iter().map(|age| AgeBand::of(age)).collect::<Option<_>>()?,
    };
    children.sort_unstable();
    children.dedup();
    Some(Household { people, children })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(item: &str, value: &Value) -> Result<Value, &'static str> {
        let known = |name: &str| ["Coffee", "Acme"].iter().find(|n| n.eq_ignore_ascii_case(name)).map(|n| (*n).to_owned());
        Told::read(InformationItem::of(item).unwrap(), value, &known).map(|told| told.to_value()).map_err(ToldError::code)
    }

    #[test]
    fn each_item_takes_its_own_kind_of_value() {
        for (item, value, read_as) in [
            ("diet", json!("vegetarian"), json!(["vegetarian"])),
            ("diet", json!(["vegan", "gluten-free", "vegan"]), json!(["vegan", "gluten-free"])),
            (
                "sizes",
                json!({"tops": "m", "shoes": 42, "trousers": "32/34", "dresses": "38"}),
                json!({"tops": "M", "trousers": "32/34", "dresses": "38", "shoes": "42"}),
            ),
            ("sizes", json!({"shoes": "42,5"}), json!({"shoes": "42.5"})),
            ("sizes", json!("XL"), json!({"tops": "XL"})),
            ("birthday", json!("02-29"), json!("02-29")),
            ("birthday", json!("--12-31"), json!("12-31")),
            ("interests", json!(["coffee", "ACME", "coffee"]), json!(["Acme", "Coffee"])),
            ("household", json!({"people": 4, "children": ["4-11", "0-3"]}), json!({"people": "3-4", "children": ["0-3", "4-11"]})),
            ("household", json!({"people": "1"}), json!({"people": "1"})),
        ] {
            assert_eq!(read(item, &value), Ok(read_as.clone()), "{item} {value}");
            assert_eq!(read(item, &read_as), Ok(read_as), "what is written is read again");
        }
    }

    #[test]
    fn what_is_not_of_the_kind_is_refused_and_a_year_of_birth_with_its_own_word() {
        for (item, value, code) in [
            ("diet", json!([]), "value_not_understood"),
            ("diet", json!("carnivore"), "value_not_understood"),
            ("diet", json!(7), "value_not_understood"),
            ("sizes", json!({}), "value_not_understood"),
            ("sizes", json!({"hats": "M"}), "value_not_understood"),
            ("sizes", json!({"shoes": "420"}), "value_not_understood"),
            ("sizes", json!({"shoes": "42.3"}), "value_not_understood"),
            ("sizes", json!({"tops": "<b>"}), "value_not_understood"),
            ("sizes", json!("42"), "value_not_understood"),
            ("birthday", json!("1980-02-29"), "year_of_birth"),
            ("birthday", json!("02-30"), "value_not_understood"),
            ("birthday", json!("2-3"), "value_not_understood"),
            ("birthday", json!(229), "value_not_understood"),
            ("interests", json!(["guns"]), "interest_unknown"),
            ("interests", json!(vec!["coffee"; 21]), "too_many_values"),
            ("household", json!({"people": 0}), "value_not_understood"),
            ("household", json!({"people": 2, "names": ["x"]}), "value_not_understood"),
            ("household", json!({"people": 2, "children": ["7"]}), "value_not_understood"),
        ] {
            assert_eq!(read(item, &value), Err(code), "{item} {value}");
        }
    }

    #[test]
    fn a_diet_of_faith_or_health_is_special_and_a_vegan_thing_fits_vegetarians() {
        let special = |diets: &[Diet]| Told::Diet(diets.to_vec()).is_special();
        assert!(!special(&[Diet::Vegetarian, Diet::Vegan]) && special(&[Diet::Vegan, Diet::Halal]) && special(&[Diet::NutFree]));
        let fits = Diet::fitted_by(&[Diet::Vegan]);
        assert!(fits & Diet::Vegetarian.bit() != 0 && fits & Diet::Halal.bit() == 0);
        assert!(Diet::fitted_by(&[Diet::Vegetarian]) & Diet::Vegan.bit() == 0);
    }
}
