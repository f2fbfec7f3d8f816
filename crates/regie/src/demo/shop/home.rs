//! `/winkel`: for you, with reasons, if it is permitted; popular for everybody; and the rooms.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::around::{self, Paused, around};
use super::rooms::Rooms;
use super::tiles::{self, reasoned, tile};
use super::views::{HomePage, Row, Tile, Welcome};
use crate::engine::EngineError;
use crate::engine::api::{Recommendations, Wish, Without};
use crate::http::pages::caller::{Caller, token};
use crate::http::pages::portal::{information, terms};
use crate::http::pages::problem::refused;

/// Recommendations asked for; what has a reason comes first.
const WISHED: usize = 24;
/// Tiles in a row: two lines of six.
pub(super) const IN_A_ROW: usize = 12;

pub(super) async fn show(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    let found = match recommend(&mut caller, WISHED).await {
        Ok(found) => found,
        Err(error) => return refused(caller, &error),
    };
    let rows = rows(&caller, &rooms, &found);
    let t = caller.words;
    let known = caller.customer().is_some();
    let welcome = (!known).then(|| Welcome {
        title: t.get("welcome-title"),
        text: t.get("welcome-text"),
        glyphs: vec!["bread", "fruit", "cheese", "fish", "milk", "salad"],
    });
    let greeting = information::greeting(&caller).await;
    let s = around(&caller, &rooms, "/winkel");
    let f = caller.frame(t.get("shop-name"));
    caller.page(&HomePage { f, s, greeting, welcome, rows })
}

/// Recommendations for this visit, remembered with their reasons so that "why do I see this?" explains what was shown.
pub(super) async fn recommend(caller: &mut Caller, limit: usize) -> Result<Recommendations, EngineError> {
    let wish = Wish {
        customer: caller.customer(),
        visit: caller.session.seen.clone(),
        visit_id: Some(caller.session.visit.clone()),
        channel: "web".into(),
        limit,
        // A page shown is a use of its own; a permission for once is used up by the first.
        request: Some(token()),
        store: None,
        without: Without::default(),
    };
    let found = caller.site.engine.recommend(wish).await?;
    if found.items.iter().any(|r| r.new || !r.because.is_empty()) {
        caller.change(|session| found.items.iter().for_each(|r| session.show(r)));
    }
    Ok(found)
}

fn rows(caller: &Caller, rooms: &Rooms, found: &Recommendations) -> Vec<Row> {
    let t = caller.words;
    let entry = |item: &str| caller.site.engine.catalogue_item(item).filter(|e| !e.blocked);
    // Something new among what is personal; a row of its own it is not.
    let told = found.items.iter().filter(|r| found.personal && (r.new || !r.because.is_empty()));
    let personal = one_of_each_name(told.filter_map(|r| Some(reasoned(caller, rooms, &*entry(&r.item)?, r))), IN_A_ROW);
    let because = || found.items.iter().flat_map(|r| &r.because);
    let from_visit_alone = because().all(|b| b.event.is_none() && b.information.is_none());
    let from_told_alone = because().all(|b| b.information.is_some());
    let mut rows = Vec::new();
    let mut shown: Vec<String> = personal.iter().map(|tile| tile.item.clone()).collect();
    if !personal.is_empty() {
        let (title, note) = match (from_visit_alone, from_told_alone) {
            (true, _) => ("row-visit", "row-visit-note"),
            (_, true) => ("row-for-you", "row-for-you-note-told"),
            _ => ("row-for-you", "row-for-you-note"),
        };
        rows.push(Row { id: "for-you", title: t.get(title), note: Some(t.get(note)), six: true, tiles: personal });
    }
    let permitted = around::standing(caller).is_some_and(|s| terms::is_given(&s) && around::paused(&s) != Paused::Everything);
    let note = match (rows.is_empty(), permitted) {
        (true, true) => "row-popular-note-thin",
        _ => "row-popular-note-off",
    };
    let popular = popular(caller, rooms, &mut shown, IN_A_ROW);
    if !popular.is_empty() {
        rows.push(Row { id: "popular", title: t.get("row-popular"), note: Some(t.get(note)), six: true, tiles: popular });
    }
    rows
}

/// The till tells many products no further apart: two tiles that read alike help nobody.
fn one_of_each_name(tiles: impl Iterator<Item = Tile>, limit: usize) -> Vec<Tile> {
    let mut out: Vec<Tile> = Vec::new();
    for tile in tiles {
        if out.len() < limit && !out.iter().any(|t| t.name == tile.name) {
            out.push(tile);
        }
    }
    out
}

/// What sells, the same for everybody; from the shelves in turn where too little was sold lately to say.
fn popular(caller: &Caller, rooms: &Rooms, shown: &mut Vec<String>, limit: usize) -> Vec<Tile> {
    let mut out = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut take = |tile: Tile, out: &mut Vec<Tile>| {
        if out.len() < limit && !shown.contains(&tile.item) && !names.contains(&tile.name) {
            names.push(tile.name.clone());
            shown.push(tile.item.clone());
            out.push(tile);
        }
    };
    for entry in caller.site.engine.popular(limit * 3) {
        take(tile(caller, rooms, &entry), &mut out);
    }
    for depth in 0..limit {
        for room in rooms.shelves() {
            if out.len() >= limit {
                return out;
            }
            let item = room.items.get(depth..=depth).unwrap_or_default();
            let entry = item.first().and_then(|i| caller.site.engine.catalogue_item(i)).filter(|e| !e.sensitive && !e.blocked);
            if let Some(entry) = entry {
                take(tiles::tile(caller, rooms, &entry), &mut out);
            }
        }
    }
    out
}
