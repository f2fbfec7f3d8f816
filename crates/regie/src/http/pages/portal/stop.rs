//! Stopping: one purpose with one click, everything at once, or an objection. As easy as giving, and no reason asked.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::policy::Basis;

use super::device;
use super::information;
use super::terms;
use super::views::{Change, ChangesPage};
use crate::engine::EngineError;
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};

/// `POST /mijn/stop/{purpose}`
pub(super) async fn one(InPath(purpose): InPath, posted: Posted) -> Response {
    let back = posted.back("/mijn");
    let mut caller = posted.caller;
    match stop(&mut caller, &purpose, "portal").await {
        Ok(()) => caller.go(&back),
        Err(error) => refused(caller, &error),
    }
}

/// Ends one permission and says so. A device that was remembered for it alone is forgotten with it. Who never chose anything has nothing to
/// stop.
pub(crate) async fn stop(caller: &mut Caller, purpose: &str, method: &str) -> Result<(), EngineError> {
    let Some(customer) = caller.customer() else {
        caller.tell(caller.words.get("also-stopped"));
        return Ok(());
    };
    let site = std::sync::Arc::clone(&caller.site);
    let t = caller.words;
    let told: Vec<String> = site
        .engine
        .information(customer)?
        .iter()
        .filter(|i| i.purpose == purpose)
        .map(|i| terms::inside(&information::name(t, i.item)))
        .collect();
    site.engine.withdraw(customer, purpose, caller.evidence(method)).await?;
    device::tidy(caller, customer, method).await?;
    if purpose == device::PURPOSE {
        let told = forget_device(caller, method).await?;
        caller.tell(told);
        return Ok(());
    }
    let policy = site.engine.policy();
    let name = policy.purpose(purpose).map(|ix| policy.at(ix).name.get(caller.words.language.tag()).to_owned()).unwrap_or_default();
    let mut said = t.with("stopped", &[("purpose", name.into())]);
    if !told.is_empty() {
        said = format!("{said} {}", t.with("stopped-told", &[("items", terms::listed(t, &told).into())]));
    }
    caller.tell_choice(said);
    Ok(())
}

/// This device is not to be recognised any more: ends with that what it chose apart from a customer who is logged in, and says so.
pub(super) async fn forget_device(caller: &mut Caller, method: &str) -> Result<String, EngineError> {
    let told = if caller.is_anonymous() { "device-forgotten" } else { "device-forgotten-beside" };
    device::end_beside(caller, method).await?;
    Ok(caller.words.get(told))
}

/// `GET /mijn/stop-alles`: what will stop, before it does.
pub(super) async fn ask_all(mut caller: Caller) -> Response {
    let states = match caller.states() {
        Ok(states) => states,
        Err(error) => return refused(caller, &error),
    };
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let mut changes: Vec<Change> = states
        .iter()
        .filter(|s| terms::is_given(s))
        .map(|s| Change { name: policy.at(s.purpose).name.get(t.language.tag()).to_owned(), change: t.get("change-stops") })
        .collect();
    changes.extend(told_stops(&caller));
    match beside_stops(&caller) {
        Ok(beside) => changes.extend(beside),
        Err(error) => return refused(caller, &error),
    }
    let lead = t.get(if changes.is_empty() { "stop-all-nothing" } else { "stop-all-lead" });
    let f = caller.frame(t.get("stop-all"));
    let note = Some(t.get(if caller.device.is_some() { "stop-all-device" } else { "stop-all-note" }));
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
    })
}

/// What the customer tells ends with it.
pub(super) fn told_stops(caller: &Caller) -> Vec<Change> {
    let t = caller.words;
    let told = caller.customer().and_then(|customer| caller.site.engine.information(customer).ok()).unwrap_or_default();
    told.iter().map(|i| Change { name: information::name(t, i.item), change: t.get("change-told-gone") }).collect()
}

/// What this browser's device chose apart from the customer who is logged in ends with it.
pub(super) fn beside_stops(caller: &Caller) -> Result<Vec<Change>, EngineError> {
    let Some(beside) = caller.beside() else { return Ok(Vec::new()) };
    let (t, engine, policy) = (caller.words, &caller.site.engine, caller.site.engine.policy());
    let given = engine.states(beside)?.into_iter().filter(terms::is_given);
    let given =
        given.map(|s| Change { name: policy.at(s.purpose).name.get(t.language.tag()).to_owned(), change: t.get("change-stops-device") });
    let told = engine.information(beside)?.into_iter();
    let told = told.map(|i| Change { name: information::name(t, i.item), change: t.get("change-told-gone-device") });
    Ok(given.chain(told).collect())
}

/// `POST /mijn/stop-alles`
pub(super) async fn all(posted: Posted) -> Response {
    let mut caller = posted.caller;
    match everything(&mut caller).await {
        Ok(stopped) => {
            caller.tell(caller.words.get(if stopped == 0 { "also-stopped" } else { "stop-all-done" }));
            caller.go("/mijn")
        }
        Err(error) => refused(caller, &error),
    }
}

/// Ends every permission, the one for the device too, and what that chose apart from a customer who is logged in. Returns how many there were.
pub(super) async fn everything(caller: &mut Caller) -> Result<usize, EngineError> {
    let stopped = match caller.customer() {
        Some(customer) => caller.site.engine.withdraw_all(customer, caller.evidence("portal")).await?,
        None => 0,
    };
    Ok(stopped + device::end_beside(caller, "portal").await?)
}

/// `POST /mijn/bezwaar/{purpose}`: no to what needs no permission, or that no taken back.
pub(super) async fn object(InPath(purpose): InPath, posted: Posted) -> Response {
    let Some(objects) = posted.yes_or_no("objects") else { return posted.refused() };
    let mut caller = posted.caller;
    let Some(ix) = caller.site.engine.policy().purpose(&purpose) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
    // What is refused, and what changes nothing, opens no record.
    if caller.customer().is_none() {
        if let Err(error) = caller.site.engine.check_objection(&purpose, caller.evidence("portal").as_ref()) {
            return refused(caller, &error);
        }
        if !objects {
            let name = caller.site.engine.policy().at(ix).name.get(caller.words.language.tag()).to_owned();
            caller.tell(caller.words.with("object-undone", &[("name", name.into())]));
            return caller.go("/mijn");
        }
    }
    let customer = match caller.open().await {
        Ok(customer) => customer,
        Err(error) => return refused(caller, &error),
    };
    match caller.site.engine.object(customer, &purpose, objects, caller.evidence("portal")).await {
        Ok(state) => {
            let name = caller.site.engine.policy().at(state.purpose).name.get(caller.words.language.tag()).to_owned();
            // What needs a yes is not allowed by taking the no back.
            let asks = !objects && state.basis == Basis::Consent && !terms::is_given(&state);
            let key = match (objects, state.weighing, state.objected) {
                (true, true, true) => "object-weighing-stopped",
                (true, true, false) => "object-weighing",
                (true, ..) => "object-told",
                (false, ..) if asks => "object-undone-asks",
                (false, ..) => "object-undone",
            };
            let told = caller.words.with(key, &[("name", name.into())]);
            caller.tell_choice(told);
            caller.go(&if asks { format!("/mijn/toestemming/{purpose}") } else { "/mijn".to_owned() })
        }
        Err(error) => refused(caller, &error),
    }
}
