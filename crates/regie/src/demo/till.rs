//! A year of a grocer's till, the demo's history: products, departments and baskets, read from the files in `demo/`.
//!
//! The two Parquet files are part of the program, so that it runs from anywhere; `demo/prepare.py` made them and
//! `demo/README.md` tells their origin. Invariant: every line names a product of the catalogue, and a basket's lines
//! follow each other within one row group. What is left out: everything about consent (the data say nothing of it),
//! prices as the shop shows them, and which of the baskets the demo keeps.
//!
//! A till knows its own clock and no time zone. The clock's reading is taken as Amsterdam's, so that a basket of half
//! past six in the evening stays one after the year is moved ([`shift_weeks`], [`shifted`]).

mod catalogue;
mod columns;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use parquet::errors::ParquetError;

use columns::File;

/// How many baskets the year holds.
pub const BASKETS: u32 = 155_848;
/// How many lines the year's baskets hold together.
pub const LINES: u32 = 1_469_307;
/// How many households bought in the year.
pub const HOUSEHOLDS: u32 = 2_469;
/// How many stores sold in the year.
pub const STORES: u32 = 457;
/// The year's first day, as the source dates it.
pub const FIRST_DAY: Date = date(2017, 1, 1);
/// The year's last day, as the source dates it.
pub const LAST_DAY: Date = date(2017, 12, 31);

const TIME_ZONE: &str = "Europe/Amsterdam";
const TRANSACTIONS: &[u8] = include_bytes!("../../../../demo/transactions.parquet");
const PRODUCTS: &[u8] = include_bytes!("../../../../demo/products.parquet");

/// One article that the till sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The source's number, in digits; the item id of the demo's catalogue.
    pub id: String,
    /// The English name for people; never empty, and not unique: the source tells many products no further apart.
    pub name: String,
    /// Index into [`Catalogue::departments`].
    pub department: u8,
    /// Index into [`Catalogue::shelves`].
    pub shelf: u8,
    /// The source's category in words for people; empty where it names none.
    pub kind: String,
    /// `national`, `private` (the grocer's own brand), or empty where the source does not say.
    pub brand: String,
    /// Package size as the source gives it (American units), tidied; often empty.
    pub size: String,
    /// The typical price of one piece in cents: the median over the year; 0 only where nothing was ever paid.
    pub price_cents: u32,
    /// Whether a purchase can tell something that the customer may not want used (health, alcohol, …).
    pub sensitive: bool,
    /// Why it is sensitive: `alcohol`, `tobacco`, `health`, `diet`, `intimate`, `baby`, `belief`, `origin`; else empty.
    pub sensitive_reason: String,
    /// Whether the shop may neither show nor recommend it: fuel, deposits, coupons, till entries, and what has no price.
    pub blocked: bool,
}

/// One of the source's 32 departments, with names for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Department {
    /// Stable id, such as `meat-packaged`.
    pub id: String,
    /// Dutch name.
    pub nl: String,
    /// English name.
    pub en: String,
    /// Key of the drawing; one of [`Catalogue::glyphs`].
    pub glyph: String,
}

/// A room of the shop, finer than a department: the source calls 63 of 100 lines "grocery".
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct Shelf {
    /// Stable id, such as `dairy`.
    pub id: String,
    /// Dutch name.
    pub nl: String,
    /// English name.
    pub en: String,
    /// Key of the drawing for the shelf's products; one of [`Catalogue::glyphs`].
    pub glyph: String,
}

/// A drawing that the shop page must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glyph {
    /// Key, such as `milk`.
    pub key: String,
    /// Tint of the tile behind the drawing, `#rrggbb`; decoration, it carries no meaning.
    pub colour: String,
}

/// Everything that the till sold in the year, the most often sold product first.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The products; their order is what [`Line::product`] points into.
    pub products: Vec<Product>,
    /// All departments of the source, also those that sold nothing this year.
    pub departments: Vec<Department>,
    /// The shelves, in the order in which a shop would show them.
    pub shelves: Vec<Shelf>,
    /// The drawings, by key.
    pub glyphs: Vec<Glyph>,
}

/// One line of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Index into [`Catalogue::products`].
    pub product: u32,
    /// Pieces, 0 to 144. Six in a thousand lines say zero, mostly the till's own entries, and the source does not say why.
    /// A fill-up of petrol is one piece.
    pub quantity: u16,
    /// What the customer's receipt says for the line, all pieces together, after the grocer's discounts.
    pub cents: u32,
}

/// One visit to the till. Each product stands on at most one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// The source's number of the basket.
    pub id: u64,
    /// The source's number of the household, 1 to 2,500.
    pub household: u32,
    /// The source's number of the store.
    pub store: u16,
    /// Unix seconds of the moment at which a clock in Amsterdam shows what the till's clock showed, to the minute, in 2017.
    /// Move it with [`shifted`], not by adding weeks: that would be an hour off where summer time begins on other days.
    pub at_seconds: i64,
    /// The lines, the most often sold product first; never empty.
    pub lines: Vec<Line>,
}

/// Why the demo's history cannot be read. With the files that belong to the program none of these happens.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// A file is not the Parquet that it should be.
    #[error("the demo's file {file} cannot be read")]
    File {
        /// Name of the file.
        file: &'static str,
        /// What the Parquet reader found.
        source: ParquetError,
    },
    /// A file lacks a column, or the column holds another type or count of values.
    #[error("the demo's file {file} has no usable column {column}")]
    Column {
        /// Name of the file.
        file: &'static str,
        /// Name of the column.
        column: &'static str,
    },
    /// A number does not fit its meaning.
    #[error("the demo's file {file} holds {value} in column {column}")]
    Value {
        /// Name of the file.
        file: &'static str,
        /// Name of the column.
        column: &'static str,
        /// The number found.
        value: i64,
    },
    /// A product stands in a department or on a shelf that `departments.toml` does not name.
    #[error("the demo's departments.toml does not name {id}")]
    Dangling {
        /// The id that was looked for.
        id: String,
    },
    /// `departments.toml` cannot be read.
    #[error("the demo's departments.toml cannot be read")]
    Departments(#[from] toml::de::Error),
    /// A moment lies outside what the calendar can say, or the time zone is unknown.
    #[error("a moment of the demo's year cannot be placed in {TIME_ZONE}")]
    Time(#[from] jiff::Error),
}

impl TillError {
    /// A stable name for logs and answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "till_file_unreadable",
            Self::Column { .. } => "till_column_unusable",
            Self::Value { .. } => "till_value_out_of_range",
            Self::Dangling { .. } => "till_department_unknown",
            Self::Departments(_) => "till_departments_unreadable",
            Self::Time(_) => "till_time_out_of_range",
        }
    }
}

/// Reads the whole catalogue: 68,509 products, about 0.1 s.
pub fn products() -> Result<Catalogue, TillError> {
    catalogue::read(PRODUCTS)
}

/// The year's baskets in order of the till's clock. Decodes one row group of about 131,000 lines at a time; after an error it ends.
pub fn baskets() -> Result<impl Iterator<Item = Result<Basket, TillError>>, TillError> {
    let products = File::open("products.parquet", PRODUCTS)?.rows();
    Ok(Baskets {
        file: File::open("transactions.parquet", TRANSACTIONS)?,
        next_group: 0,
        group: Group::default(),
        at: 0,
        products,
        zone: TimeZone::get(TIME_ZONE)?,
    })
}

/// By how many whole weeks a year that ends on `last_day` must move to end as late as possible, yesterday at the latest, seen from `today`.
/// Weekdays stay what they were. Negative if the year must move back.
#[must_use]
pub fn shift_weeks(last_day: Date, today: Date) -> i64 {
    let days = last_day.duration_until(today).as_hours() / 24;
    (days - 1).div_euclid(7)
}

/// The moment `weeks` later at which Amsterdam's clock shows the same time of day, in Unix seconds; in the hour that summer time skips, an hour later.
pub fn shifted(at_seconds: i64, weeks: i64) -> Result<i64, TillError> {
    let zone = TimeZone::get(TIME_ZONE)?;
    let clock = zone.to_datetime(Timestamp::from_second(at_seconds)?);
    let moved = clock.checked_add(jiff::Span::new().try_weeks(weeks)?)?;
    Ok(zone.to_timestamp(moved)?.as_second())
}

/// One row group, column by column.
#[derive(Default)]
struct Group {
    basket: Vec<i64>,
    minute: Vec<i32>,
    household: Vec<i32>,
    store: Vec<i32>,
    product: Vec<i32>,
    quantity: Vec<i32>,
    cents: Vec<i32>,
}

struct Baskets {
    file: File,
    next_group: usize,
    group: Group,
    at: usize,
    products: i64,
    zone: TimeZone,
}

impl Baskets {
    /// The next basket, or `None` after the last one.
    fn basket(&mut self) -> Result<Option<Basket>, TillError> {
        while self.at == self.group.basket.len() {
            if self.next_group == self.file.groups() {
                return Ok(None);
            }
            self.load()?;
        }
        let group = &self.group;
        let first = self.at;
        let id = group.basket[first];
        let length = group.basket[first..].iter().take_while(|other| **other == id).count();
        let lines = (first..first + length).map(|row| self.line(row)).collect::<Result<_, _>>()?;
        let minute = group.minute[first];
        let clock = DateTime::from(FIRST_DAY).checked_add(i64::from(minute).minutes())?;
        let basket = Basket {
            id: self.file.within("basket", id)?,
            household: self.file.within("household", group.household[first])?,
            store: self.file.within("store", group.store[first])?,
            at_seconds: self.zone.to_timestamp(clock)?.as_second(),
            lines,
        };
        self.at += length;
        Ok(Some(basket))
    }

    fn line(&self, row: usize) -> Result<Line, TillError> {
        let product = self.group.product[row];
        if i64::from(product) >= self.products {
            return Err(self.file.wrong("product", product));
        }
        Ok(Line {
            product: self.file.within("product", product)?,
            quantity: self.file.within("quantity", self.group.quantity[row])?,
            cents: self.file.within("cents", self.group.cents[row])?,
        })
    }

    fn load(&mut self) -> Result<(), TillError> {
        let group = self.file.group(self.next_group)?;
        self.group = Group {
            basket: group.longs("basket")?,
            minute: group.integers("minute")?,
            household: group.integers("household")?,
            store: group.integers("store")?,
            product: group.integers("product")?,
            quantity: group.integers("quantity")?,
            cents: group.integers("cents")?,
        };
        self.next_group += 1;
        self.at = 0;
        Ok(())
    }
}

impl Iterator for Baskets {
    type Item = Result<Basket, TillError>;

    fn next(&mut self) -> Option<Self::Item> {
        let basket = self.basket().transpose();
        if matches!(basket, Some(Err(_))) {
            self.next_group = self.file.groups();
            self.group = Group::default();
            self.at = 0;
        }
        basket
    }
}

#[cfg(test)]
mod tests;
