//! `/winkel/klanten`: be one of the till's households, or nobody. A real shop has a log-in here.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::ids::Handle;

use super::around::{PERSONAL, around};
use super::rooms::Rooms;
use super::views::{Household, PeoplePage};
use crate::demo::load;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::portal::{take_along, terms};
use crate::http::pages::problem::{Problem, problem};

/// Households to choose from: every so-manieth number of the till, so that all kinds are among them.
const EVERY: usize = 109;
/// The till's highest number.
const HIGHEST: u32 = 2500;

/// The number, if the till knows it.
fn household(caller: &Caller, number: u32) -> Option<Handle> {
    caller.site.engine.lookup(&load::identifier(number))
}

pub(super) async fn show(mut caller: Caller, State(rooms): State<Arc<Rooms>>) -> Response {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let personal = policy.purpose(PERSONAL);
    let people = (1..=HIGHEST).rev().step_by(EVERY).filter_map(|number| {
        let states = caller.site.engine.states(household(&caller, number)?).ok()?;
        let given = states.iter().find(|s| Some(s.purpose) == personal && terms::is_given(s));
        let note = match given {
            Some(state) => t.with("people-on", &[("left", terms::left(&dates, state.until).into())]),
            None => t.get("people-off"),
        };
        Some(Household { number: number.to_string(), label: t.with("shop-who-customer", &[("number", number.to_string().into())]), note })
    });
    let people = people.collect();
    let s = around(&caller, &rooms, "/winkel/klanten");
    let f = caller.frame(t.get("people-title"));
    caller.page(&PeoplePage { f, s, people })
}

pub(super) async fn choose(posted: Posted) -> Response {
    let wanted = posted.get("customer").unwrap_or_default().to_owned();
    let mut caller = posted.caller;
    let t = caller.words;
    if wanted.is_empty() {
        caller.become_customer(None, None).await;
        caller.tell(t.get("people-now-nobody"));
        return caller.go("/winkel");
    }
    let Some((number, customer)) = wanted.parse().ok().and_then(|n| Some((n, household(&caller, n)?))) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    caller.become_customer(Some(customer), Some(number.to_string())).await;
    caller.tell(t.with("people-now", &[("number", number.to_string().into())]));
    let next = take_along::next(&mut caller, "/winkel").await;
    caller.go(next)
}
