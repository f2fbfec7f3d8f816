//! `/mijn/meenemen`: what this browser chose as nobody in particular, and whether it comes along to the customer who signed in.
//!
//! Two records are joined only by the customer's own wish. Of what they chose on both sides a no wins; the cookie that let the device be
//! recognised goes, because from now on it would open more than it did.

use axum::response::Response;
use regie_domain::fact::Actor;
use regie_domain::ids::Handle;

use super::desk::{Desk, DeskForm};
use super::information::{name, value};
use super::terms;
use super::views::{Change, ChangesPage};
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::refused;

const BACK: &str = "/mijn";

/// Where somebody who has just signed in goes: to the question if there is one, else on.
pub(crate) async fn next(caller: &mut Caller, on: &'static str) -> &'static str {
    match caller.session.beside {
        Some(before) if !changes(caller, before).await.is_empty() => "/mijn/meenemen",
        Some(_) => {
            caller.change(|session| session.beside = None);
            on
        }
        None => on,
    }
}

/// What would come along: what was permitted, told, and kept of the visits.
async fn changes(caller: &Caller, before: Handle) -> Vec<Change> {
    let engine = &caller.site.engine;
    let (t, dates, policy) = (caller.words, caller.dates(), engine.policy());
    let tag = t.language.tag();
    let states = engine.states(before).unwrap_or_default();
    let permitted = states.iter().filter(|s| terms::is_given(s) || s.state == Some(regie_domain::consent::State::Refused));
    let mut changes: Vec<Change> = permitted
        .map(|s| Change {
            name: policy.at(s.purpose).name.get(tag).to_owned(),
            change: if terms::is_given(s) { terms::sentence(&terms::left(&dates, s.until)) } else { t.get("along-refused") },
        })
        .collect();
    let told = engine.information(before).unwrap_or_default();
    changes.extend(told.iter().map(|i| Change { name: name(t, i.item), change: value(caller, &i.told) }));
    let kept = engine.reading(move |engine| engine.overview(before)).await.map(|overview| overview.kept).unwrap_or_default();
    for kept in kept.iter().filter(|k| k.count > 0 && k.category != regie_domain::information::CATEGORY) {
        let category = policy.category(&kept.category).and_then(|c| policy.categories.get(usize::from(c.0)));
        let name = category.map(|c| c.name.get(tag).to_owned()).unwrap_or_default();
        changes.push(Change { name, change: t.with("erase-goes-count", &[("count", kept.count.into())]) });
    }
    changes
}

pub(super) async fn ask(desk: Desk) -> Response {
    let Desk { mut caller, .. } = desk;
    let Some(before) = caller.session.beside else { return caller.go(BACK) };
    let changes = changes(&caller, before).await;
    if changes.is_empty() {
        return caller.go(BACK);
    }
    let t = caller.words;
    let f = caller.frame(t.get("along-title"));
    caller.page(&ChangesPage {
        f,
        title: t.get("along-title"),
        lead: t.get("along-lead"),
        changes,
        note: Some(t.get("along-note")),
        age: None,
        fault: None,
        action: "/mijn/meenemen".into(),
        yes: t.get("along-yes"),
        no: Some(t.get("along-no")),
    })
}

pub(super) async fn answer(form: DeskForm) -> Response {
    let DeskForm { posted, customer } = form;
    let comes = posted.get("answer") == Some("yes");
    let mut caller = posted.caller;
    let before = caller.session.beside;
    caller.change(|session| session.beside = None);
    let Some(before) = before.filter(|_| comes) else {
        caller.tell(caller.words.get("along-left"));
        return caller.go(BACK);
    };
    match caller.site.engine.join(customer, before, Actor::Customer).await {
        Ok(()) => {
            caller.forget_device();
            caller.tell(caller.words.get("along-done"));
            caller.go(BACK)
        }
        Err(error) => refused(caller, &error),
    }
}
