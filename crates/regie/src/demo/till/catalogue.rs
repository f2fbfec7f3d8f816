//! The catalogue: `products.parquet` joined with the names and drawings of `departments.toml`.
//!
//! Invariant: a product's department and shelf are indexes that exist. The rules by which products got their shelf,
//! flags and names are in the same TOML file and in `demo/prepare.py`; they are applied there, not here.

use std::collections::{BTreeMap, HashMap};

use super::columns::File;
use super::{Catalogue, Department, Glyph, Product, Shelf, TillError};

const DEPARTMENTS: &str = include_str!("../../../../../demo/departments.toml");

/// The part of `departments.toml` that a running shop needs.
#[derive(serde::Deserialize)]
struct Tables {
    department: Vec<Department>,
    shelf: Vec<Shelf>,
    glyph: BTreeMap<String, String>,
}

pub(super) fn read(products: &'static [u8]) -> Result<Catalogue, TillError> {
    let tables: Tables = toml::from_str(DEPARTMENTS)?;
    let departments = index(tables.department.iter().map(|d| d.id.as_str()))?;
    let shelves = index(tables.shelf.iter().map(|s| s.id.as_str()))?;
    for glyph in tables.department.iter().map(|d| &d.glyph).chain(tables.shelf.iter().map(|s| &s.glyph)) {
        if !tables.glyph.contains_key(glyph) {
            return Err(TillError::Dangling { id: glyph.clone() });
        }
    }

    let file = File::open("products.parquet", products)?;
    let mut all = Vec::with_capacity(file.within("rows", file.rows())?);
    for group in 0..file.groups() {
        let group = file.group(group)?;
        let texts = |column| group.texts(column).map(|values| (column, values));
        let (ids, prices, blocked) = (group.integers("id")?, group.integers("price_cents")?, group.flags("blocked")?);
        let (names, kinds, brands, sizes) = (texts("name")?, texts("kind")?, texts("brand")?, texts("size")?);
        let (own_departments, own_shelves, reasons) = (texts("department")?, texts("shelf")?, texts("sensitive")?);
        for row in 0..group.rows() {
            let text =
                |(column, values): &(&'static str, Vec<parquet::data_type::ByteArray>)| group.text(column, &values[row]).map(str::to_owned);
            let sensitive_reason = text(&reasons)?;
            all.push(Product {
                id: ids[row].to_string(),
                name: text(&names)?,
                department: place(&departments, &text(&own_departments)?)?,
                shelf: place(&shelves, &text(&own_shelves)?)?,
                kind: text(&kinds)?,
                brand: text(&brands)?,
                size: text(&sizes)?,
                price_cents: file.within("price_cents", prices[row])?,
                sensitive: !sensitive_reason.is_empty(),
                sensitive_reason,
                blocked: blocked[row],
            });
        }
    }
    let glyphs = tables.glyph.into_iter().map(|(key, colour)| Glyph { key, colour }).collect();
    Ok(Catalogue { products: all, departments: tables.department, shelves: tables.shelf, glyphs })
}

fn index<'a>(ids: impl Iterator<Item = &'a str>) -> Result<HashMap<&'a str, u8>, TillError> {
    ids.enumerate().map(|(at, id)| u8::try_from(at).map(|at| (id, at)).map_err(|_| TillError::Dangling { id: id.to_owned() })).collect()
}

fn place(places: &HashMap<&str, u8>, id: &str) -> Result<u8, TillError> {
    places.get(id).copied().ok_or_else(|| TillError::Dangling { id: id.to_owned() })
}
