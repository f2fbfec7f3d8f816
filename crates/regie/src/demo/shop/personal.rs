//! `/winkel/persoonlijk`: the switch. On asks for how long; off is one click; both change the very next page.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::{Consents, PurposeState};

use super::around::{PERSONAL, around, standing};
use super::rooms::Rooms;
use super::tiles::METHOD;
use super::views::PersonalPage;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::portal::permit::{self, Chosen, Failed};
use crate::http::pages::portal::{age, stop, terms};
use crate::http::pages::problem::{Problem, problem, refused};

/// Where somebody stands whom nobody knows: nowhere yet.
fn standing_or_none(caller: &Caller) -> Option<PurposeState> {
    let policy = caller.site.engine.policy();
    let ix = policy.purpose(PERSONAL)?;
    standing(caller)
        .or_else(|| Consents::default().state(&policy, u32::MAX, caller.site.engine.now()).into_iter().find(|s| s.purpose == ix))
}

fn form(
    mut caller: Caller,
    rooms: &Rooms,
    status: StatusCode,
    state: &PurposeState,
    chosen: &Chosen,
    missing: Option<&'static str>,
) -> Response {
    let ask = permit::ask(&caller, state, "/winkel/persoonlijk", chosen, missing);
    let s = around(&caller, rooms, "/winkel/persoonlijk");
    let f = caller.frame(caller.words.get("ask-title"));
    caller.page_with(status, &PersonalPage { f, s, ask })
}

pub(super) async fn show(caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    match standing_or_none(&caller) {
        Some(state) => form(caller, &rooms, StatusCode::OK, &state, &Chosen::default(), None),
        None => problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
    }
}

pub(super) async fn answer(State(rooms): State<Arc<Rooms>>, posted: Posted) -> Response {
    let chosen = Chosen::of(&posted);
    let wants = posted.get("answer") == Some("yes");
    let mut caller = posted.caller;
    let Some(state) = standing_or_none(&caller) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    let done = if wants { give(&mut caller, &chosen).await } else { say_no(&mut caller, &state).await };
    match done {
        Ok(()) => caller.go("/winkel"),
        Err(Failed::Choice(missing)) => form(caller, &rooms, StatusCode::UNPROCESSABLE_ENTITY, &state, &chosen, Some(missing)),
        Err(Failed::TooYoung) => age::turned_away(caller, "/winkel"),
        Err(Failed::Engine(error)) => refused(caller, &error),
    }
}

async fn give(caller: &mut Caller, chosen: &Chosen) -> Result<(), Failed> {
    if caller.customer().is_none() {
        // Looked at before a record is opened: what is incomplete leaves no trace, and neither does a child.
        permit::check(caller, chosen)?;
    }
    let customer = permit::open_anonymous(caller).await?;
    permit::give(caller, customer, PERSONAL, chosen, METHOD).await
}

/// The no of somebody whom nobody knows needs no record: nothing was permitted, and nothing is.
async fn say_no(caller: &mut Caller, state: &PurposeState) -> Result<(), Failed> {
    if let Some(customer) = caller.customer() {
        return permit::say_no(caller, customer, state, METHOD).await;
    }
    let policy = caller.site.engine.policy();
    let name = terms::inside(policy.at(state.purpose).name.get(caller.words.language.tag()));
    caller.tell(caller.words.with("refused-told", &[("purpose", name.into())]));
    Ok(())
}

pub(super) async fn off(posted: Posted) -> Response {
    let back = posted.back("/winkel");
    let mut caller = posted.caller;
    let Some(customer) = caller.customer() else {
        return caller.go(&back);
    };
    match stop::stop(&mut caller, customer, PERSONAL, METHOD).await {
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
