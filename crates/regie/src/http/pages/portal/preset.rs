//! `/mijn/keuze/{preset}`: "Niets extra's", "Alleen dit bezoek", "Zelf kiezen". Each lists what changes before it is saved.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::{PurposeState, State, UntilWish};
use regie_domain::policy::{Basis, Policy};

use super::age::{self, Age};
use super::device;
use super::permit::Failed;
use super::stop;
use super::terms;
use super::views::{Change, ChangesPage};
use crate::engine::api::Give;
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::words::Words;

/// Where "nothing extra" is saved.
pub(super) const NOTHING: &str = "/mijn/keuze/niets";
/// What "this visit only" permits.
const VISIT_PURPOSE: &str = "recommendations";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Preset {
    Nothing,
    Visit,
    Own,
}

impl Preset {
    fn of(path: &str) -> Option<Preset> {
        match path {
            "niets" => Some(Preset::Nothing),
            "bezoek" => Some(Preset::Visit),
            "zelf" => Some(Preset::Own),
            _ => None,
        }
    }

    fn stem(self) -> &'static str {
        match self {
            Preset::Nothing => "preset-nothing",
            Preset::Visit => "preset-visit",
            Preset::Own => "preset-own",
        }
    }

    /// What it does to one purpose; `None`: nothing.
    fn change(self, policy: &Policy, state: &PurposeState) -> Option<&'static str> {
        let given = terms::is_given(state);
        match self {
            Preset::Own => None,
            Preset::Visit if policy.at(state.purpose).id == VISIT_PURPOSE => Some("change-visit"),
            Preset::Nothing | Preset::Visit => given.then_some("change-stops"),
        }
    }
}

pub(super) async fn show(caller: Caller, InPath(path): InPath) -> Response {
    match Preset::of(&path) {
        Some(Preset::Visit) if age::guarded(&caller).is_some() => age::turned_away(caller, "/mijn"),
        Some(preset) => list(caller, preset, &path, StatusCode::OK, None),
        None => problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
    }
}

fn list(mut caller: Caller, preset: Preset, path: &str, status: StatusCode, missing: Option<&'static str>) -> Response {
    let mut states = match caller.states() {
        Ok(states) => states,
        Err(error) => return refused(caller, &error),
    };
    let (t, policy) = (caller.words, caller.site.engine.policy());
    states.retain(|state| device::is_possible(&caller, &policy, state));
    let mut changes = changes(t, &policy, &states, preset);
    if preset != Preset::Own {
        changes.extend(stop::told_stops(&caller));
        match stop::beside_stops(&caller) {
            Ok(beside) => changes.extend(beside),
            Err(error) => return refused(caller, &error),
        }
    }
    let note = match preset {
        Preset::Nothing if caller.device.is_some() => Some(t.get("preset-device-nothing")),
        Preset::Visit if caller.device.is_some() => Some(t.get("preset-device-visit")),
        _ => None,
    };
    let lead = if changes.is_empty() { t.get("preset-no-change") } else { t.get(&format!("{}-lead", preset.stem())) };
    let title = t.get(preset.stem());
    let f = caller.frame(title.clone());
    let yes = t.get(if preset == Preset::Own { "preset-own-go" } else { "preset-save" });
    let age = if preset == Preset::Visit { Age::to_ask(&caller, None) } else { None };
    let fault = missing.map(|missing| age::fault(&caller, missing));
    let action = format!("/mijn/keuze/{path}");
    caller.page_with(status, &ChangesPage { f, title, lead, changes, note, age, fault, action, yes })
}

fn changes(t: Words, policy: &Policy, states: &[PurposeState], preset: Preset) -> Vec<Change> {
    let tag = t.language.tag();
    let one = |state: &PurposeState| {
        let purpose = policy.at(state.purpose);
        let change = match preset {
            // What there is to choose from, with where it stands now.
            Preset::Own => match state.state? {
                State::Given => t.get("now-on"),
                _ => t.get("now-off"),
            },
            preset => t.get(preset.change(policy, state)?),
        };
        Some(Change { name: purpose.name.get(tag).to_owned(), change })
    };
    states.iter().filter(|s| s.basis == Basis::Consent).filter_map(one).collect()
}

pub(super) async fn save(InPath(path): InPath, posted: Posted) -> Response {
    let of_age = age::answered(&posted);
    let mut caller = posted.caller;
    let done = match Preset::of(&path) {
        None => return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
        Some(Preset::Own) => return caller.go("/mijn#could"),
        Some(Preset::Nothing) => nothing(&mut caller).await,
        Some(Preset::Visit) => visit(&mut caller, of_age).await,
    };
    match done {
        Ok(()) => caller.go("/mijn"),
        Err(Failed::Choice(missing)) => list(caller, Preset::Visit, &path, StatusCode::UNPROCESSABLE_ENTITY, Some(missing)),
        Err(Failed::TooYoung) => age::turned_away(caller, "/mijn"),
        Err(Failed::Engine(error)) => refused(caller, &error),
    }
}

/// Nothing that is on stays on. Where nothing is, there is nothing to record either, and no record is opened for it.
async fn nothing(caller: &mut Caller) -> Result<(), Failed> {
    let stopped = stop::everything(caller).await?;
    caller.tell(caller.words.get(if stopped > 0 { "preset-saved-nothing" } else { "preset-nothing-already" }));
    Ok(())
}

/// Tips as long as this visit lasts: the record is known by the visit alone, and the device by nothing.
async fn visit(caller: &mut Caller, of_age: Option<bool>) -> Result<(), Failed> {
    age::check(caller, of_age)?;
    let customer = caller.open().await?;
    age::settle(caller, customer, of_age, "portal").await?;
    stop::everything(caller).await?;
    let give = Give {
        purpose: VISIT_PURPOSE.into(),
        until: UntilWish::Visit,
        categories: None,
        recipients: None,
        channels: None,
        visit: Some(caller.session.visit.clone()),
        evidence: caller.evidence("portal"),
    };
    caller.site.engine.give(customer, give).await?;
    caller.tell(caller.words.get("preset-saved-visit"));
    Ok(())
}
