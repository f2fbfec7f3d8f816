//! What the shop's pages show: one struct per template, filled by the handlers beside this file.

use askama::Template;

use crate::http::pages::frame::Frame;
use crate::http::pages::portal::views::Ask;

/// A department.
#[derive(Debug, Clone)]
pub(crate) struct RoomLink {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) glyph: String,
    pub(crate) current: bool,
}

/// Around every page of the shop.
#[derive(Debug, Clone)]
pub(crate) struct Around {
    /// What was searched for.
    pub(crate) query: String,
    /// "Klant nr. 2375" or "Anoniem".
    pub(crate) who: String,
    pub(crate) basket_count: usize,
    pub(crate) rooms: Vec<RoomLink>,
    /// The till's own, coarser division.
    pub(crate) departments: Vec<RoomLink>,
    pub(crate) personal_on: bool,
    /// "Persoonlijk: aan tot en met vrijdag".
    pub(crate) personal: String,
    pub(crate) personal_note: String,
    /// The path of this page, for forms that come back to it.
    pub(crate) here: String,
}

/// A product.
#[derive(Debug, Clone)]
pub(crate) struct Tile {
    pub(crate) item: String,
    pub(crate) name: String,
    pub(crate) name_lang: String,
    pub(crate) brand: Option<String>,
    pub(crate) glyph: String,
    pub(crate) price: Option<(String, String)>,
    /// The price as a screen reader says it.
    pub(crate) price_read: String,
    pub(crate) add_label: String,
    /// Why it is recommended, markup.
    pub(crate) because: Option<String>,
}

/// A row of products.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) note: Option<String>,
    pub(crate) six: bool,
    pub(crate) tiles: Vec<Tile>,
}

/// For somebody who is new here.
#[derive(Debug, Clone)]
pub(crate) struct Welcome {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) glyphs: Vec<&'static str>,
}

/// `/winkel`
#[derive(Debug, Template)]
#[template(path = "shop/home.html")]
pub(crate) struct HomePage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    /// On a birthday that the customer told.
    pub(crate) greeting: Option<String>,
    pub(crate) welcome: Option<Welcome>,
    pub(crate) rows: Vec<Row>,
}

/// `/winkel/afdeling/{room}` and `/winkel/zoek`
#[derive(Debug, Template)]
#[template(path = "shop/list.html")]
pub(crate) struct ListPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) title: String,
    pub(crate) found: String,
    pub(crate) tiles: Vec<Tile>,
}

/// `/winkel/product/{item}`
#[derive(Debug, Template)]
#[template(path = "shop/product.html")]
pub(crate) struct ProductPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) tile: Tile,
    /// Its department's id and name.
    pub(crate) room: Option<(String, String)>,
    pub(crate) row: Option<Row>,
}

/// One product in the basket.
#[derive(Debug, Clone)]
pub(crate) struct BasketLine {
    pub(crate) tile: Tile,
    pub(crate) quantity: u32,
    pub(crate) price: String,
}

/// `/winkel/mandje`
#[derive(Debug, Template)]
#[template(path = "shop/basket.html")]
pub(crate) struct BasketPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) lines: Vec<BasketLine>,
    pub(crate) total: String,
}

/// What a shop asks at the checkout, and why.
#[derive(Debug, Clone)]
pub(crate) struct AskedAtCheckout {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) why: String,
}

/// `/winkel/afrekenen`
#[derive(Debug, Template)]
#[template(path = "shop/checkout.html")]
pub(crate) struct CheckoutPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) asks: Vec<AskedAtCheckout>,
    pub(crate) total: String,
}

/// `/winkel/besteld`
#[derive(Debug, Template)]
#[template(path = "shop/ordered.html")]
pub(crate) struct OrderedPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) lead: String,
    pub(crate) learned: String,
}

/// A household of the till.
#[derive(Debug, Clone)]
pub(crate) struct Household {
    pub(crate) number: String,
    pub(crate) label: String,
    pub(crate) note: String,
}

/// `/winkel/klanten`
#[derive(Debug, Template)]
#[template(path = "shop/people.html")]
pub(crate) struct PeoplePage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) people: Vec<Household>,
}

/// `/winkel/over`
#[derive(Debug, Template)]
#[template(path = "shop/about.html")]
pub(crate) struct AboutPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    /// Title and text.
    pub(crate) parts: Vec<(String, String)>,
}

/// `/winkel/persoonlijk`
#[derive(Debug, Template)]
#[template(path = "shop/personal.html")]
pub(crate) struct PersonalPage {
    pub(crate) f: Frame,
    pub(crate) s: Around,
    pub(crate) ask: Ask,
}
