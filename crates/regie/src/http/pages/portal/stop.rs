//! Stopping: one purpose with one click, everything at once, or an objection. As easy as giving, and no reason asked.

use axum::response::Response;
use regie_domain::ids::Handle;

use super::desk::{Desk, DeskForm};
use super::information;
use super::terms;
use super::views::{Change, ChangesPage};
use crate::engine::EngineError;
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::refused;

/// The purpose that a remembered device rests on.
const DEVICE_PURPOSE: &str = "device-storage";

/// `POST /mijn/stop/{purpose}`
pub(super) async fn one(InPath(purpose): InPath, form: DeskForm) -> Response {
    let DeskForm { posted, customer } = form;
    let back = posted.back("/mijn");
    let mut caller = posted.caller;
    match stop(&mut caller, customer, &purpose, "portal").await {
        Ok(()) => caller.go(&back),
        Err(error) => refused(caller, &error),
    }
}

/// Ends one permission and says so. A device that was remembered for it alone is forgotten with it.
pub(crate) async fn stop(caller: &mut Caller, customer: Handle, purpose: &str, method: &str) -> Result<(), EngineError> {
    let site = std::sync::Arc::clone(&caller.site);
    site.engine.withdraw(customer, purpose, caller.evidence(method)).await?;
    let policy = site.engine.policy();
    let still = site.engine.states(customer)?;
    let holds = |s: &&regie_domain::consent::PurposeState| terms::is_given(s) && policy.at(s.purpose).id != DEVICE_PURPOSE;
    let device_given = still.iter().any(|s| terms::is_given(s) && policy.at(s.purpose).id == DEVICE_PURPOSE);
    // What the customer tells is looked after by that device alone.
    if caller.device.is_some() && !still.iter().any(|s| holds(&s)) && site.engine.information(customer)?.is_empty() {
        if device_given {
            site.engine.withdraw(customer, DEVICE_PURPOSE, caller.evidence(method)).await?;
        }
        caller.forget_device();
    }
    let name = policy.purpose(purpose).map(|ix| terms::inside(policy.at(ix).name.get(caller.words.language.tag()))).unwrap_or_default();
    let told = caller.words.with("stopped", &[("purpose", name.into())]);
    caller.tell(told);
    Ok(())
}

/// `GET /mijn/stop-alles`: what will stop, before it does.
pub(super) async fn ask_all(desk: Desk) -> Response {
    let Desk { mut caller, customer } = desk;
    let states = match caller.site.engine.states(customer) {
        Ok(states) => states,
        Err(error) => return refused(caller, &error),
    };
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let mut changes: Vec<Change> = states
        .iter()
        .filter(|s| terms::is_given(s))
        .map(|s| Change { name: policy.at(s.purpose).name.get(t.language.tag()).to_owned(), change: t.get("change-stops") })
        .collect();
    changes.extend(told_stops(&caller, customer));
    let lead = t.get(if changes.is_empty() { "stop-all-nothing" } else { "stop-all-lead" });
    let f = caller.frame(t.get("stop-all"));
    let note = Some(t.get("stop-all-note"));
    caller.page(&ChangesPage {
        f,
        title: t.get("stop-all-title"),
        lead,
        changes,
        note,
        age: None,
        fault: None,
        action: "/mijn/stop-alles".into(),
        yes: t.get("stop-all-yes"),
        no: None,
    })
}

/// What the customer tells ends with it.
pub(super) fn told_stops(caller: &Caller, customer: Handle) -> Vec<Change> {
    let t = caller.words;
    let told = caller.site.engine.information(customer).unwrap_or_default();
    told.iter().map(|i| Change { name: information::name(t, i.item), change: t.get("change-told-gone") }).collect()
}

/// `POST /mijn/stop-alles`
pub(super) async fn all(form: DeskForm) -> Response {
    let mut caller = form.posted.caller;
    match caller.site.engine.withdraw_all(form.customer, caller.evidence("portal")).await {
        Ok(stopped) => {
            caller.forget_device();
            caller.tell(caller.words.get(if stopped == 0 { "also-stopped" } else { "stop-all-done" }));
            caller.go("/mijn")
        }
        Err(error) => refused(caller, &error),
    }
}

/// `POST /mijn/bezwaar/{purpose}`: no to what needs no permission, or that no taken back.
pub(super) async fn object(InPath(purpose): InPath, form: DeskForm) -> Response {
    let objects = form.posted.get("objects") != Some("no");
    let mut caller = form.posted.caller;
    match caller.site.engine.object(form.customer, &purpose, objects, caller.evidence("portal")).await {
        Ok(state) => {
            let name = caller.site.engine.policy().at(state.purpose).name.get(caller.words.language.tag()).to_owned();
            let key = match (objects, state.weighing, state.objected) {
                (true, true, true) => "object-weighing-stopped",
                (true, true, false) => "object-weighing",
                (true, ..) => "object-told",
                (false, ..) => "object-undone",
            };
            let told = caller.words.with(key, &[("name", name.into())]);
            caller.tell(told);
            caller.go("/mijn")
        }
        Err(error) => refused(caller, &error),
    }
}
