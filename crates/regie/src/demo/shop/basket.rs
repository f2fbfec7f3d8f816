//! The basket and the checkout. Nothing is paid and nothing is delivered; the order goes to Regie as any order would.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::fact::{EventName, Line, Order};

use super::around::{around, standing};
use super::events::{Happening, mention, tell_regie};
use super::rooms::Rooms;
use super::tiles::tile;
use super::views::{AskedAtCheckout, BasketLine, BasketPage, CheckoutPage, OrderedPage};
use crate::engine;
use crate::http::pages::caller::Caller;
use crate::http::pages::dates;
use crate::http::pages::form::Posted;
use crate::http::pages::portal::{terms, why};
use crate::http::pages::problem::{Problem, problem, refused};

/// Of one product, in one basket.
const QUANTITY_MAX: u32 = 99;
/// Different products in one basket.
const PRODUCTS_MAX: usize = 100;

pub(super) async fn show(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    let lines: Vec<BasketLine> = lines(&caller)
        .iter()
        .filter_map(|line| {
            let entry = caller.site.engine.catalogue_item(&line.item)?;
            let price = line.cents.unwrap_or(0) * i64::from(line.quantity);
            Some(BasketLine {
                tile: tile(&caller, &rooms, &entry),
                quantity: line.quantity,
                price: dates::price(price, caller.words.language),
            })
        })
        .collect();
    let total = dates::price(total(&caller), caller.words.language);
    let s = around(&caller, &rooms, "/winkel/mandje");
    let f = caller.frame(caller.words.get("basket"));
    caller.page(&BasketPage { f, s, lines, total })
}

/// The basket as an order's lines, at the catalogue's prices.
fn lines(caller: &Caller) -> Vec<Line> {
    let line = |(item, quantity): &(String, u32)| {
        let entry = caller.site.engine.catalogue_item(item).filter(|e| !e.blocked)?;
        Some(Line { item: item.clone(), quantity: *quantity, cents: entry.price_cents })
    };
    caller.session.basket.iter().filter_map(line).collect()
}

fn total(caller: &Caller) -> i64 {
    lines(caller).iter().map(|l| l.cents.unwrap_or(0) * i64::from(l.quantity)).sum()
}

pub(super) async fn add(posted: Posted) -> Response {
    let item = posted.get("item").unwrap_or_default().to_owned();
    let back = posted.back("/winkel/mandje");
    let mut caller = posted.caller;
    let Some(entry) = caller.site.engine.catalogue_item(&item).filter(|e| !e.blocked) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    caller.change(|s| {
        if let Some((_, quantity)) = s.basket.iter_mut().find(|(i, _)| *i == item) {
            *quantity = (*quantity + 1).min(QUANTITY_MAX);
        } else if s.basket.len() < PRODUCTS_MAX {
            s.basket.push((item.clone(), 1));
        }
    });
    mention(&caller, EventName::ProductAdded, Happening::item(&item, entry.price_cents)).await;
    let told = caller.words.with("basket-added", &[("item", why::name_of(&caller, &item).0.into())]);
    caller.tell(told);
    // A page that swaps its own basket needs no recommendations worked out again.
    let to = if caller.htmx { "/winkel/mandje" } else { back.as_str() };
    caller.go(to)
}

pub(super) async fn remove(posted: Posted) -> Response {
    let item = posted.get("item").unwrap_or_default().to_owned();
    let mut caller = posted.caller;
    caller.change(|s| s.basket.retain(|(i, _)| *i != item));
    mention(&caller, EventName::ProductRemoved, Happening::item(&item, None)).await;
    let told = caller.words.with("basket-removed", &[("item", why::name_of(&caller, &item).0.into())]);
    caller.tell(told);
    caller.go("/winkel/mandje")
}

pub(super) async fn checkout(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    if caller.session.basket.is_empty() {
        return caller.go("/winkel/mandje");
    }
    let t = caller.words;
    let pieces: usize = lines(&caller).iter().map(|l| l.quantity as usize).sum();
    let asked = |name: &str, value: String, why: &str| AskedAtCheckout { name: t.get(name), value, why: t.get(why) };
    let asks = vec![
        asked("checkout-name", t.get("checkout-name-value"), "checkout-name-why"),
        asked("checkout-mail", t.get("checkout-mail-value"), "checkout-mail-why"),
        asked("checkout-order", t.with("checkout-order-value", &[("count", pieces.into())]), "checkout-order-why"),
    ];
    let total = dates::price(total(&caller), t.language);
    let s = around(&caller, &rooms, "/winkel/afrekenen");
    let f = caller.frame(t.get("checkout-title"));
    caller.page(&CheckoutPage { f, s, asks, total })
}

pub(super) async fn order(posted: Posted) -> Response {
    let mut caller = posted.caller;
    let lines = lines(&caller);
    if lines.is_empty() {
        return caller.go("/winkel/mandje");
    }
    // An order needs somebody to belong to, or it could be neither delivered nor asked about: a name for this visit alone, unless the
    // customer is known already.
    if let Err(error) = caller.open().await {
        return refused(caller, &error);
    }
    let number = format!("W-{}", engine::random::<4>().map(|b| engine::hex(&b).to_uppercase()).unwrap_or_default());
    let order = Order { id: number.clone(), currency: Some("EUR".into()), total_cents: Some(total(&caller)), ..Order::default() };
    if let Err(error) = tell_regie(&caller, EventName::OrderCompleted, Happening { lines, order: Some(order), query: None }).await {
        return refused(caller, &error);
    }
    caller.change(|s| {
        s.basket.clear();
        s.order = Some(number);
    });
    caller.go("/winkel/besteld")
}

pub(super) async fn ordered(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    let Some(number) = caller.session.order.clone() else {
        return caller.go("/winkel");
    };
    let (t, dates) = (caller.words, caller.dates());
    let learned = match standing(&caller).filter(terms::is_given) {
        Some(state) => t.with("ordered-learns", &[("left", terms::left(&dates, state.until).into())]),
        None => t.get("ordered-learns-not"),
    };
    let lead = t.with("ordered-lead", &[("number", number.into())]);
    let s = around(&caller, &rooms, "/winkel/besteld");
    let f = caller.frame(t.get("ordered-page"));
    caller.page(&OrderedPage { f, s, lead, learned })
}
