//! Whom the till's goods suit, by a rule that says no more than shelf and name do. What they do not tell is left open: a soup may hold
//! anything, so nothing is said of it unless its name tells of meat or fish. Cheese may hold rennet and ice cream gelatine: they are said
//! to suit those alone who eat either, so nobody gets what they may not want.

use regie_domain::information::{AgeBand, Diet};

use crate::demo::till::{Catalogue, Product};

/// Shelves of things that come from plants alone.
const PLANTS: [&str; 2] = ["fruit", "vegetables"];
/// Shelves without meat or fish in anything, and of animals all the same.
const NO_MEAT: [&str; 2] = ["eggs-butter", "dairy"];
/// Shelves without meat or fish, but perhaps with what is made of them.
const PERHAPS_MEAT: [&str; 2] = ["cheese", "ice-cream"];
/// What tells that something of those shelves comes from plants.
const OF_PLANTS: [&str; 2] = ["soy", "margarine"];
/// Shelves of meat.
const MEAT: [&str; 3] = ["meat", "poultry", "cold-cuts"];
/// Shelves of things to eat that may hold anything; their names may tell.
const ANYTHING: [&str; 10] = ["meals", "pizza", "soup", "tins", "sauces", "snacks", "salads", "world", "pasta-rice", "bread"];
/// The till's department for children; the shelf of that name holds gift wrap too.
const FOR_CHILDREN: &str = "toys";
const MEATS: [&str; 16] = [
    "beef",
    "chicken",
    "pork",
    "bacon",
    "ham",
    "turkey",
    "sausage",
    "hot dog",
    "pepperoni",
    "meat",
    "chili",
    "jerky",
    "steak",
    "corned",
    "frankfurter",
    "lard",
];
const FISHES: [&str; 11] = ["tuna", "salmon", "fish", "shrimp", "crab", "sardine", "anchov", "clam", "oyster", "lobster", "seafood"];

/// The diets that a product fits, as far as shelf and name tell.
pub(super) fn diets(catalogue: &Catalogue, product: &Product) -> Option<Vec<Diet>> {
    let shelf = shelf(catalogue, product)?;
    let name = product.name.to_lowercase();
    let names =
        |words: &[&str]| words.iter().any(|word| name.contains(word)) && !name.contains("meatless") && !name.contains("meat alternative");
    match shelf {
        _ if PLANTS.contains(&shelf) => Some(vec![Diet::Vegan]),
        _ if NO_MEAT.contains(&shelf) && OF_PLANTS.iter().any(|word| name.contains(word)) => None,
        _ if NO_MEAT.contains(&shelf) => Some(vec![Diet::Vegetarian]),
        _ if MEAT.contains(&shelf) => Some(Vec::new()),
        "fish" => Some(vec![Diet::Pescatarian]),
        _ if PERHAPS_MEAT.contains(&shelf) => Some(vec![Diet::Pescatarian]),
        _ if ANYTHING.contains(&shelf) && names(&MEATS) => Some(Vec::new()),
        _ if ANYTHING.contains(&shelf) && names(&FISHES) => Some(vec![Diet::Pescatarian]),
        _ => None,
    }
}

/// The children that a product is meant for.
pub(super) fn ages(catalogue: &Catalogue, product: &Product) -> Option<Vec<AgeBand>> {
    let department = catalogue.departments.get(usize::from(product.department))?;
    (department.id == FOR_CHILDREN).then(|| vec![AgeBand::Baby, AgeBand::Child])
}

fn shelf<'a>(catalogue: &'a Catalogue, product: &Product) -> Option<&'a str> {
    catalogue.shelves.get(usize::from(product.shelf)).map(|s| s.id.as_str())
}
