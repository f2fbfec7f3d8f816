//! The demo shop (*winkel*): looks like a shop one would buy from, and uses Regie as any shop would.
//!
//! It sends its events through the shop's own source, asks for recommendations and shows their reasons, and lets the customer
//! switch permission on and off. Left out on purpose: money, stock, delivery, accounts; it says so on every page.

mod around;
mod basket;
mod browse;
mod events;
mod home;
mod people;
mod personal;
mod rooms;
mod tiles;
pub(crate) mod views;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::response::Redirect;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower_http::compression::CompressionLayer;

use crate::demo::till::TillError;
use crate::http::pages::portal::{ENDS, ENDS_IF_NO, FORM_BYTES_MAX};
use crate::http::pages::words::Language;
use crate::http::pages::{Site, form, frame, problem};
use rooms::Rooms;

/// What the shop's pages stand on.
#[derive(Debug, Clone)]
struct Shop {
    site: Arc<Site>,
    rooms: Arc<Rooms>,
}

impl FromRef<Shop> for Arc<Site> {
    fn from_ref(shop: &Shop) -> Arc<Site> {
        Arc::clone(&shop.site)
    }
}

impl FromRef<Shop> for Arc<Rooms> {
    fn from_ref(shop: &Shop) -> Arc<Rooms> {
        Arc::clone(&shop.rooms)
    }
}

/// The shop's routes. The files that its pages load are served by the portal's.
///
/// # Errors
/// [`TillError`] if the products that the demo ships cannot be read.
pub fn shop(site: Arc<Site>) -> Result<Router, TillError> {
    let rooms = Arc::new(Rooms::read()?);
    let named = rooms.departments().map(|r| {
        let id = r.id.strip_prefix("kassa-").unwrap_or(&r.id).to_owned();
        (id, [Language::Dutch, Language::English].map(|language| r.name(language).to_owned()))
    });
    site.name_departments(named.collect());
    Ok(Router::new()
        .route("/", get(|| async { Redirect::to("/winkel") }))
        .route("/winkel", get(home::show))
        .route("/winkel/afdeling/{room}", get(browse::room))
        .route("/winkel/zoek", get(browse::search))
        .route("/winkel/product/{item}", get(browse::product))
        .route("/winkel/mandje", get(basket::show).post(basket::add))
        .route("/winkel/mandje/weg", post(basket::remove))
        .route("/winkel/afrekenen", get(basket::checkout).post(basket::order))
        .route("/winkel/besteld", get(basket::ordered))
        .route("/winkel/klanten", get(people::show).post(people::choose))
        .route("/winkel/persoonlijk", get(personal::show).post(personal::answer).layer(ENDS_IF_NO))
        .route("/winkel/persoonlijk/uit", post(personal::off).layer(ENDS))
        .route("/winkel/mijn", post(personal::portal))
        .route("/winkel/over", get(browse::about))
        .route("/winkel/{*rest}", get(problem::not_found))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), form::own_pages))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::map_response(frame::guard))
        .layer(CompressionLayer::new())
        .with_state(Shop { site, rooms }))
}
