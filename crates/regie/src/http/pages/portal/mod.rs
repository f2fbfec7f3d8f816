//! *Mijn gegevens*: what we have of a customer, what may be done with it, and for how long.
//!
//! One file per page; its path tells which. Every change is a `POST` that answers with a redirect, so that going back or
//! loading again repeats nothing.

pub(crate) mod age;
mod changed;
mod compare;
mod contest;
pub(crate) mod desk;
pub(crate) mod device;
mod difference;
mod download;
mod erase;
mod flow;
mod home;
pub(crate) mod information;
mod mail;
pub(crate) mod permit;
mod preset;
mod proof;
mod restrict;
pub(crate) mod rooms;
pub(crate) mod stop;
pub(crate) mod take_along;
pub(crate) mod terms;
mod timeline;
pub(crate) mod views;
pub(crate) mod why;
mod without;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower_http::compression::CompressionLayer;

pub(crate) use download::automated_decisions;
pub(crate) use information::name as information_name;
pub(crate) use proof::proof_row;
pub(crate) use terms::sentence;
pub(crate) use views::ProofRow;

use super::form::TakesAway;
use super::site::Site;
use super::{assets, form, frame, link, problem};

/// The largest form, in bytes; the longest real one is below 2 KB.
pub(crate) const FORM_BYTES_MAX: usize = 16_384;

/// On a route whose forms only end something.
pub(crate) const ENDS: Extension<TakesAway> = Extension(TakesAway(|_| true));
/// On a route whose forms do that where the answer is no.
pub(crate) const ENDS_IF_NO: Extension<TakesAway> = Extension(TakesAway(|form| form.get("answer") == Some("no")));
const ENDS_IF_OBJECTED: Extension<TakesAway> = Extension(TakesAway(|form| form.get("objects") == Some("yes")));
const ENDS_IF_NOTHING: Extension<TakesAway> = Extension(TakesAway(|form| form.caller.path == preset::NOTHING));

/// The portal's routes, and the files that its pages load.
pub fn portal(site: Arc<Site>) -> Router {
    Router::new()
        .route("/mijn", get(home::show))
        .route("/mijn/toestemming/{purpose}", get(permit::show).post(permit::answer).layer(ENDS_IF_NO))
        .route("/mijn/toestemming/{purpose}/einde", get(permit::result))
        .route("/mijn/toestemming/{purpose}/langer", post(permit::longer))
        .route("/mijn/stop/{purpose}", post(stop::one).layer(ENDS))
        .route("/mijn/stop-alles", get(stop::ask_all).post(stop::all).layer(ENDS))
        .route("/mijn/bezwaar/{purpose}", post(stop::object).layer(ENDS_IF_OBJECTED))
        .route("/mijn/stilzetten", get(restrict::show).post(restrict::pause).layer(ENDS))
        .route("/mijn/stilzetten/op", post(restrict::lift))
        .route("/mijn/besluiten", get(contest::show).post(contest::contest))
        .route("/mijn/keuze/{preset}", get(preset::show).post(preset::save).layer(ENDS_IF_NOTHING))
        .route("/mijn/waarom/{item}", get(why::show))
        .route("/mijn/waarheen", get(flow::show))
        .route("/mijn/tijdlijn", get(timeline::show))
        .route("/mijn/waarom/{item}/zonder", get(without::show))
        .route("/mijn/informatie", get(information::show))
        .route("/mijn/informatie/{item}", get(information::form::show).post(information::form::tell))
        .route("/mijn/informatie/{item}/verberg", post(information::act::hide).layer(ENDS))
        .route("/mijn/informatie/{item}/toon", post(information::act::show_again))
        .route("/mijn/informatie/{item}/langer", post(information::act::longer))
        .route("/mijn/informatie/{item}/weg", post(information::act::take_back).layer(ENDS))
        .route("/mijn/informatie/{item}/verschil", get(without::information))
        .route("/mijn/verschil", get(difference::ask).post(difference::show))
        .route("/mijn/meenemen", get(take_along::ask).post(take_along::answer))
        .route("/mijn/download", get(download::send))
        .route("/mijn/bewijs", get(proof::list))
        .route("/mijn/bewijs/{number}", get(proof::show))
        .route("/mijn/bewijs/{number}/bestand", get(proof::send))
        .route("/mijn/bewijs/{number}/mail", post(mail::receipt))
        .route("/mijn/mail-stop/{token}", get(mail::ask_to_stop).post(mail::stop))
        .route("/mijn/controle", get(proof::check))
        .route("/mijn/wissen", get(erase::ask).post(erase::erase).layer(ENDS))
        .route("/mijn/gewist", get(erase::erased))
        .route("/mijn/", get(problem::to_portal))
        .route("/mijn/{*rest}", get(problem::not_found))
        .merge(link::routes())
        .merge(assets::routes())
        // Whoever loads the answer to a form again comes by its address, which has no page of its own.
        .method_not_allowed_fallback(problem::to_portal)
        .layer(middleware::from_fn_with_state(Arc::clone(&site), form::own_pages))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::map_response(frame::guard))
        // Another site cannot make a browser send our cookies along (SameSite), so the length of an answer tells it nothing.
        .layer(CompressionLayer::new())
        .with_state(site)
}
