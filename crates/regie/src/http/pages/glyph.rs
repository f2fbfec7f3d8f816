//! Which drawing an item gets: the one that the catalogue names, or a closer one that its name asks for.
//!
//! Decoration: every tile carries its name. Left out: pictures by address; the pages load nothing from elsewhere.

use crate::engine::api::CatalogueItem;

/// Drawn when nothing else fits.
const PLAIN: &str = "box";

/// A word in the English name, the shelves' drawings that it makes closer, and the closer drawing.
const CLOSER: [(&str, &[&str], &str); 21] = [
    ("banana", &["fruit"], "banana"),
    ("orange", &["fruit"], "citrus"),
    ("lemon", &["fruit"], "citrus"),
    ("lime", &["fruit"], "citrus"),
    ("grapefruit", &["fruit"], "citrus"),
    ("clementine", &["fruit"], "citrus"),
    ("berries", &["fruit"], "berry"),
    ("berry", &["fruit"], "berry"),
    ("tomato", &["vegetable"], "tomato"),
    ("grape", &["fruit"], "grapes"),
    ("onion", &["vegetable"], "onion"),
    ("pepper", &["vegetable"], "pepper"),
    ("potato", &["vegetable", "pizza"], "potato"),
    ("lettuce", &["vegetable", "salad"], "lettuce"),
    ("cabbage", &["vegetable"], "lettuce"),
    ("broccoli", &["vegetable"], "lettuce"),
    ("mushroom", &["vegetable"], "mushroom"),
    ("yoghurt", &["milk"], "yoghurt"),
    ("butter", &["egg"], "butter"),
    ("margarine", &["egg"], "butter"),
    ("water", &["soft-drink"], "water"),
];

/// The key of an item's drawing.
pub(crate) fn glyph_of(entry: Option<&CatalogueItem>) -> String {
    let Some(entry) = entry else { return PLAIN.to_owned() };
    let Some(shelf) = entry.image.as_deref().filter(|key| is_key(key)) else { return PLAIN.to_owned() };
    let name = entry.names.get("en").map(|n| n.to_lowercase()).unwrap_or_default();
    let closer = CLOSER.iter().find(|(word, shelves, _)| shelves.contains(&shelf) && name.contains(word));
    closer.map_or(shelf, |(_, _, closer)| closer).to_owned()
}

/// A key of a drawing, not a path or an address.
fn is_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= 32 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, image: Option<&str>) -> CatalogueItem {
        let json = serde_json::json!({ "item": "1", "names": { "en": name }, "image": image });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_name_makes_the_drawing_closer_and_nothing_is_loaded_from_elsewhere() {
        for (name, image, expected) in [
            ("Bananas", Some("fruit"), "banana"),
            ("Banana bread", Some("bread"), "bread"),
            ("Grape tomatoes, pint", Some("vegetable"), "tomato"),
            ("Celery", Some("vegetable"), "vegetable"),
            ("Yoghurt, single pot", Some("milk"), "yoghurt"),
            ("Bananas", None, "box"),
            ("Bananas", Some("https://example.com/x.png"), "box"),
            ("Bananas", Some(""), "box"),
        ] {
            assert_eq!(glyph_of(Some(&item(name, image))), expected, "{name}");
        }
        assert_eq!(glyph_of(None), "box");
    }

    #[test]
    fn every_closer_drawing_is_drawn_and_tinted() {
        let (drawings, tints) = (include_str!("../../../assets/glyphs.svg"), include_str!("../../../assets/pages.css"));
        for (_, _, key) in CLOSER {
            assert!(drawings.contains(&format!("<symbol id=\"{key}\"")), "{key} is not drawn");
            assert!(tints.contains(&format!(".g-{key}{{")), "{key} has no tint");
        }
    }
}
