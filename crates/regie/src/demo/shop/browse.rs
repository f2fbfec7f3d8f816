//! Looking around: a room, a search, a product, and what this demonstration is.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::fact::EventName;

use super::around::around;
use super::events::{Happening, mention};
use super::home::recommend;
use super::rooms::Rooms;
use super::tiles::{reasoned, tile, tiles};
use super::views::{AboutPage, ListPage, ProductPage, Row, Tile};
use crate::http::pages::asked::{InPath, InQuery};
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::{Problem, problem, refused};

/// Products on one page.
const LISTED_MAX: usize = 48;
/// The longest search that is read.
const QUERY_CHARS_MAX: usize = 80;
/// Tiles beside a product.
const BESIDE: usize = 6;

pub(super) async fn room(mut caller: Caller, State(rooms): State<Arc<Rooms>>, InPath(id): InPath) -> Response {
    let Some(room) = rooms.find(&id) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    let title = room.name(caller.words.language).to_owned();
    let tiles = tiles(&caller, &rooms, &room.items, LISTED_MAX);
    let found = found(&caller, tiles.len());
    let s = around(&caller, &rooms, &caller.path);
    let f = caller.frame(title.clone());
    caller.page(&ListPage { f, s, title, found, tiles })
}

fn found(caller: &Caller, count: usize) -> String {
    caller.words.with(if count >= LISTED_MAX { "shop-found-many" } else { "shop-found" }, &[("count", count.into())])
}

/// What was searched for.
#[derive(Debug, Default, serde::Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

pub(super) async fn search(mut caller: Caller, State(rooms): State<Arc<Rooms>>, InQuery(search): InQuery<Search>) -> Response {
    let query: String = search.q.trim().chars().take(QUERY_CHARS_MAX).collect();
    let entries = if query.is_empty() { Vec::new() } else { caller.site.engine.catalogue_search(None, Some(&query), LISTED_MAX * 4) };
    let mut tiles: Vec<Tile> = Vec::new();
    for entry in entries.iter().filter(|e| !e.blocked) {
        let tile = tile(&caller, &rooms, entry);
        if tiles.len() < LISTED_MAX && !tiles.iter().any(|t| t.name == tile.name) {
            tiles.push(tile);
        }
    }
    if !query.is_empty() {
        mention(&caller, EventName::ProductsSearched, Happening { query: Some(query.clone()), ..Happening::default() }).await;
    }
    let title = caller.words.with("shop-results", &[("query", (&query).into())]);
    let found = found(&caller, tiles.len());
    let mut s = around(&caller, &rooms, "/winkel/zoek");
    s.query = query;
    let f = caller.frame(title.clone());
    caller.page(&ListPage { f, s, title, found, tiles })
}

pub(super) async fn product(mut caller: Caller, State(rooms): State<Arc<Rooms>>, InPath(item): InPath) -> Response {
    let Some(entry) = caller.site.engine.catalogue_item(&item).filter(|e| !e.blocked) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    if !entry.sensitive {
        // What may reveal something about somebody's health or belief does not steer even this visit.
        caller.change(|s| s.see(&item));
    }
    mention(&caller, EventName::ProductViewed, Happening::item(&item, entry.price_cents)).await;
    let beside = match recommend(&mut caller, BESIDE * 4).await {
        Ok(beside) => beside,
        Err(error) => return refused(caller, &error),
    };
    let t = caller.words;
    let others = beside.items.iter().filter(|r| r.item != item);
    let (mut tiles, mut plain): (Vec<Tile>, Vec<Tile>) = (Vec::new(), Vec::new());
    for found in others {
        let Some(entry) = caller.site.engine.catalogue_item(&found.item).filter(|e| !e.blocked) else { continue };
        let into = if found.because.is_empty() { &mut plain } else { &mut tiles };
        into.push(reasoned(&caller, &rooms, &entry, found));
    }
    tiles.extend(plain);
    tiles.truncate(BESIDE);
    let row = (!tiles.is_empty()).then(|| Row { id: "beside", title: t.get("row-also"), note: None, six: true, tiles });
    let room = rooms.of(&item).map(|r| (r.id.clone(), r.name(t.language).to_owned()));
    let tile = tile(&caller, &rooms, &entry);
    let s = around(&caller, &rooms, &caller.path);
    let f = caller.frame(tile.name.clone());
    caller.page(&ProductPage { f, s, tile, room, row })
}

pub(super) async fn about(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    let t = caller.words;
    let part = |title: &str, text: &str| (t.get(title), t.get(text));
    let parts = vec![
        part("about-data", "about-data-text"),
        part("about-year", "about-year-text"),
        part("about-prices", "about-prices-text"),
        part("about-consents", "about-consents-text"),
        part("about-sensitive", "about-sensitive-text"),
    ];
    let s = around(&caller, &rooms, "/winkel/over");
    let f = caller.frame(t.get("about-title"));
    caller.page(&AboutPage { f, s, parts })
}
