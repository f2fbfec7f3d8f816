//! `/winkel/persoonlijk`: the switch. On asks for how long; off is one click; both change the very next page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::PurposeState;

use super::around::{PERSONAL, around, standing};
use super::rooms::Rooms;
use super::tiles::METHOD;
use super::views::PersonalPage;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::portal::permit::{self, Chosen, Failed};
use crate::http::pages::portal::{age, stop};
use crate::http::pages::problem::{Problem, problem, refused};

async fn form(
    mut caller: Caller,
    rooms: &Rooms,
    status: StatusCode,
    state: &PurposeState,
    chosen: &Chosen,
    missing: Option<&'static str>,
) -> Response {
    let ask = permit::ask(&caller, state, "/winkel/persoonlijk", chosen, missing).await;
    let s = around(&caller, rooms, "/winkel/persoonlijk");
    let f = caller.frame(caller.words.get("ask-title"));
    caller.page_with(status, &PersonalPage { f, s, ask })
}

pub(super) async fn show(caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    match standing(&caller) {
        Some(state) => form(caller, &rooms, StatusCode::OK, &state, &Chosen::default(), None).await,
        None => problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
    }
}

pub(super) async fn answer(State(rooms): State<Arc<Rooms>>, posted: Posted) -> Response {
    let chosen = Chosen::of(&posted);
    let Some(wants) = posted.yes_or_no("answer") else { return posted.refused() };
    let mut caller = posted.caller;
    let Some(state) = standing(&caller) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    let done =
        if wants { permit::give(&mut caller, PERSONAL, &chosen, METHOD).await } else { permit::say_no(&mut caller, &state, METHOD).await };
    match done {
        Ok(()) => caller.go("/winkel"),
        Err(Failed::Choice(missing)) => form(caller, &rooms, StatusCode::UNPROCESSABLE_ENTITY, &state, &chosen, Some(missing)).await,
        Err(Failed::TooYoung) => age::turned_away(caller, "/winkel"),
        Err(Failed::Engine(error)) => refused(caller, &error),
    }
}

pub(super) async fn off(posted: Posted) -> Response {
    let back = posted.back("/winkel");
    let mut caller = posted.caller;
    match stop::stop(&mut caller, PERSONAL, METHOD).await {
        Ok(()) => {
            caller.tell(caller.words.get("personal-stopped"));
            caller.go(&back)
        }
        Err(error) => refused(caller, &error),
    }
}

/// `POST /winkel/mijn`: from the shop to *Mijn gegevens*. This shop and the portal share their sessions; another shop would ask
/// for a portal link here and send its customer there.
pub(super) async fn portal(posted: Posted) -> Response {
    posted.caller.go("/mijn")
}
