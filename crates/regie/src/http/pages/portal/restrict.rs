//! `/mijn/stilzetten`: pausing the use of data (Article 18) without losing them, and using them again.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::PurposeState;
use regie_domain::fact::{RestrictedPart, RestrictionGround};
use regie_domain::ids::Handle;
use regie_domain::policy::{Basis, Policy};

use super::views::{PauseChoice, PausePage, Paused};
use super::{device, terms};
use crate::engine::api::{Overview, Restriction};
use crate::engine::restrict::ALL;
use crate::engine::{Engine, EngineError};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::words::Words;

const PAGE: &str = "/mijn/stilzetten";
/// The grounds of the form, with the ends of their messages.
const GROUNDS: [(&str, RestrictionGround); 4] = [
    ("accuracy", RestrictionGround::Accuracy),
    ("unlawful", RestrictionGround::Unlawful),
    ("claims", RestrictionGround::Claims),
    ("objection", RestrictionGround::Objection),
];

pub(super) async fn show(mut caller: Caller) -> Response {
    let read = |engine: &Engine, customer| Ok((engine.restrictions(customer)?.restrictions, engine.overview(customer)?));
    match caller.read(read).await.and_then(|read| Ok((read, caller.states()?))) {
        Ok(((restrictions, overview), states)) => {
            let page = page(&mut caller, &restrictions, &overview, &states);
            caller.page(&page)
        }
        Err(error) => refused(caller, &error),
    }
}

fn page(caller: &mut Caller, restrictions: &[Restriction], overview: &Overview, states: &[PurposeState]) -> PausePage {
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let f = caller.frame(t.get("pause-title"));
    let paused = restrictions.iter().map(|r| Paused {
        part: format!("{}/{}", r.purpose, r.category),
        name: name(t, &policy, &r.purpose, &r.category),
        since: r.since.map(|at| t.with("pause-since", &[("day", dates.ago(at).into())])),
        told: r.told_at.map(|at| t.with("pause-told", &[("day", dates.short(at).into())])),
    });
    let paused: Vec<Paused> = paused.collect();
    let beside = caller.beside();
    let everything = format!("{ALL}/{ALL}");
    // What the device has apart is part of everything.
    let goes_on_beside = beside.is_some_and(|beside| !caller.site.engine.restricted(beside).whole);
    let is_paused = |part: &str| paused.iter().any(|p| p.part == part) && !(part == everything && goes_on_beside);
    let note = t.get(if beside.is_some() { "pause-all-note-beside" } else { "pause-all-note" });
    let mut choices = vec![PauseChoice { part: everything.clone(), name: t.get("pause-all"), note }];
    for kept in overview.kept.iter().filter(|k| k.count > 0) {
        let Some(category) = policy.category(&kept.category).and_then(|c| policy.categories.get(usize::from(c.0))) else { continue };
        choices.push(PauseChoice {
            part: format!("{ALL}/{}", category.id),
            name: name(t, &policy, ALL, &category.id),
            note: t.get("pause-category-note"),
        });
    }
    // What is on now; the law's purposes cannot be paused, and a contract's end with the contract.
    let on = |s: &&PurposeState| {
        (terms::is_given(s) || (s.basis == Basis::LegitimateInterest && !s.objected)) && device::is_possible(caller, &policy, s)
    };
    for state in states.iter().filter(on) {
        let purpose = policy.at(state.purpose);
        if purpose.goes_on.is_none() {
            choices.push(PauseChoice {
                part: format!("{}/{ALL}", purpose.id),
                name: name(t, &policy, &purpose.id, ALL),
                note: t.get("pause-purpose-note"),
            });
        }
    }
    choices.retain(|c| !is_paused(&c.part));
    // Recognising this device is a use too: paused, nobody comes back to what was chosen on it.
    if caller.is_anonymous() && device::remembered(caller).is_some() {
        let forgets = |part: &str| {
            let (purpose, category) = part.split_once('/').unwrap_or_default();
            [ALL, device::PURPOSE].contains(&purpose) && [ALL, device::CATEGORY].contains(&category)
        };
        choices.iter_mut().filter(|c| forgets(&c.part)).for_each(|c| c.note = t.get("pause-device-note"));
    }
    let grounds = GROUNDS.map(|(id, _)| (id, t.get(&format!("restrict-ground-{id}")))).to_vec();
    PausePage { f, paused, choices, grounds }
}

/// What a restriction is about, for a customer.
pub(super) fn name(t: Words, policy: &Policy, purpose: &str, category: &str) -> String {
    let tag = t.language.tag();
    let purpose = policy.purpose(purpose).map(|ix| policy.at(ix).name.get(tag).to_owned());
    let category = policy.category(category).and_then(|c| policy.categories.get(usize::from(c.0))).map(|c| c.name.get(tag).to_owned());
    match (purpose, category) {
        (None, None) => t.get("pause-all"),
        (Some(purpose), None) => t.with("pause-purpose", &[("purpose", purpose.into())]),
        (None, Some(category)) => t.with("pause-category", &[("category", category.into())]),
        (Some(purpose), Some(category)) => t.with("pause-both", &[("purpose", purpose.into()), ("category", category.into())]),
    }
}

/// The part that a form names.
fn part(text: &str) -> Option<RestrictedPart> {
    let named = |id: &str| (id != ALL).then(|| id.to_owned());
    let (purpose, category) = text.split_once('/')?;
    Some(RestrictedPart { purpose: named(purpose), category: named(category) })
}

/// `POST /mijn/stilzetten`
pub(super) async fn pause(posted: Posted) -> Response {
    let chosen = posted.get("part").and_then(part);
    let ground = posted.get("ground").and_then(|id| GROUNDS.iter().find(|(known, _)| *known == id)).map(|(_, ground)| *ground);
    let mut caller = posted.caller;
    let Some(part) = chosen else {
        caller.tell(caller.words.get("pause-missing"));
        return caller.go(PAGE);
    };
    // What goes on all the same cannot be paused, and no page says that it is.
    let policy = caller.site.engine.policy();
    let named = part.purpose.as_deref().and_then(|id| policy.purpose(id)).map(|ix| policy.at(ix));
    if named.is_some_and(|purpose| purpose.goes_on.is_some() || purpose.basis == Basis::LegalObligation) {
        return problem(caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused);
    }
    // What is refused opens no record.
    if let Err(error) = caller.site.engine.check_restriction(&part, caller.evidence("portal").as_ref()) {
        return refused(caller, &error);
    }
    let done = match caller.open().await {
        Ok(customer) => restrict(&caller, customer, part, ground).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            caller.tell(caller.words.get("pause-done"));
            caller.go(PAGE)
        }
        Err(error) => refused(caller, &error),
    }
}

/// Everything is said by the person whose device it is, too: it reaches what this browser's device has apart from them.
fn reached(caller: &Caller, customer: Handle, part: &RestrictedPart) -> impl Iterator<Item = Handle> {
    let is_everything = part.purpose.is_none() && part.category.is_none();
    std::iter::once(customer).chain(caller.beside().filter(|_| is_everything))
}

async fn restrict(caller: &Caller, customer: Handle, part: RestrictedPart, ground: Option<RestrictionGround>) -> Result<(), EngineError> {
    for customer in reached(caller, customer, &part) {
        caller.site.engine.restrict(customer, part.clone(), ground, caller.evidence("portal")).await?;
    }
    Ok(())
}

async fn use_again(caller: &Caller, customer: Handle, part: RestrictedPart) -> Result<(), EngineError> {
    for customer in reached(caller, customer, &part) {
        caller.site.engine.lift(customer, part.clone(), caller.evidence("portal")).await?;
    }
    Ok(())
}

/// `POST /mijn/stilzetten/op`
pub(super) async fn lift(posted: Posted) -> Response {
    let chosen = posted.get("part").and_then(part);
    let mut caller = posted.caller;
    let Some((part, customer)) = chosen.zip(caller.customer()) else {
        return problem(caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused);
    };
    match use_again(&caller, customer, part).await {
        Ok(()) => {
            caller.tell(caller.words.get("pause-lifted"));
            caller.go(PAGE)
        }
        Err(error) => refused(caller, &error),
    }
}
