//! What a change of the policy ended for the customer: a line at the top of *Mijn gegevens*, and where what changed is read.
//!
//! Invariant: a line stands as long as the customer did not choose anew; about what cannot be chosen anew, for some weeks: what was told,
//! because telling is never asked for, and a purpose that is no more.

use std::collections::BTreeMap;

use regie_domain::consent::State;
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use regie_domain::time::Time;

use super::age;
use super::information::name;
use super::terms::{inside, listed};
use super::views::EndedLine;
use crate::engine::Engine;
use crate::engine::api::ConsentList;
use crate::engine::ended::Ended;
use crate::http::pages::caller::Caller;
use crate::http::pages::telling::Names;

/// For so long a line says that something ended which nobody asks about again.
const LINE_DAYS: i64 = 30;

/// What ended for one purpose.
#[derive(Debug, Default)]
struct OfPurpose {
    at: Time,
    consent: bool,
    told: Vec<InformationItem>,
}

/// The lines, by purpose. Reads the disk where a policy ever ended anything.
pub(super) async fn lines(caller: &Caller, consents: &ConsentList) -> Vec<EndedLine> {
    let Some(customer) = caller.customer() else { return Vec::new() };
    let all = caller.site.engine.reading(move |engine| engine.ended_by_policies(customer)).await.unwrap_or_default();
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let (names, guarded) = (Names::new(t, &caller.site.engine), age::guarded(caller).is_some());
    let still_ended = |id: &str| consents.states.iter().any(|s| policy.at(s.purpose).id == id && s.state == Some(State::Invalidated));
    let line = |(id, of): (&String, &OfPurpose)| {
        let items: Vec<String> = of.told.iter().map(|item| inside(&name(t, *item))).collect();
        let values = [("day", dates.short(of.at).into()), ("purpose", names.purpose(id).into()), ("items", listed(t, &items).into())];
        if policy.purpose(id).is_none() {
            let mut text = t.with("home-dropped", &values);
            let more = [(of.consent, "home-dropped-yes"), (!items.is_empty(), "home-dropped-told")];
            more.iter().filter(|(is, _)| *is).for_each(|(_, key)| text.extend([" ", &t.with(key, &values)]));
            return EndedLine { text, to: "/mijn/tijdlijn".into(), go: t.get("home-dropped-go") };
        }
        let key = match (of.consent, items.is_empty()) {
            (true, _) if guarded => "home-ended-guarded",
            (true, true) => "home-ended",
            (true, false) => "home-ended-both",
            (false, _) => "home-ended-told",
        };
        EndedLine { text: t.with(key, &values), to: format!("/mijn/toestemming/{id}"), go: t.get("home-ended-go") }
    };
    ended(&caller.site.engine, customer, all, still_ended).iter().map(line).collect()
}

/// Did what was told for a purpose end with a change, and was it not told again? Reads the disk: asked only of a purpose that changed.
pub(super) async fn told_ended(caller: &Caller, purpose: &str) -> bool {
    let engine = &caller.site.engine;
    let Some(customer) = caller.customer() else { return false };
    let all = engine.reading(move |engine| engine.ended_by_policies(customer)).await.unwrap_or_default();
    ended(engine, customer, all, |_| false).get(purpose).is_some_and(|of| !of.told.is_empty())
}

/// By purpose: what ended and was not chosen anew.
fn ended(engine: &Engine, customer: Handle, all: Vec<(Time, Ended)>, still_ended: impl Fn(&str) -> bool) -> BTreeMap<String, OfPurpose> {
    let mut by_purpose: BTreeMap<String, OfPurpose> = BTreeMap::new();
    let told_now = engine.information(customer).unwrap_or_default();
    let since = Time::from_millis(engine.now().millis() - LINE_DAYS * 86_400_000);
    let policy = engine.policy();
    for (at, what) in all {
        let (purpose, item) = match what {
            Ended::Consent(purpose) if still_ended(&purpose) || at >= since && policy.purpose(&purpose).is_none() => (purpose, None),
            Ended::Told(item, purpose, _) if at >= since && told_now.iter().all(|told| told.item != item) => (purpose, Some(item)),
            Ended::Consent(_) | Ended::Told(..) => continue,
        };
        let of = by_purpose.entry(purpose).or_default();
        of.at = at;
        match item {
            Some(item) if !of.told.contains(&item) => of.told.push(item),
            Some(_) => {}
            None => of.consent = true,
        }
    }
    by_purpose
}
