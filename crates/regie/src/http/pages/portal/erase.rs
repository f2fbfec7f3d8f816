//! `/mijn/wissen` and `/mijn/gewist`: what goes, what the law keeps, that it cannot be undone; and then that it was done.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::proof_term;
use regie_domain::ids::Handle;
use regie_domain::policy::{Basis, LEGAL_CLAIMS, Policy, RecipientIx, Role, TAX_RECORDS};
use regie_domain::time::Time;

use super::terms::sentence;
use super::views::{Change, ErasePage, ErasedPage};
use crate::engine::api::{Erased, Overview};
use crate::engine::{Engine, EngineError};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::words::Words;

pub(super) async fn ask(mut caller: Caller) -> Response {
    let beside = caller.beside();
    let read = move |engine: &Engine, customer| {
        let mut of = Of::read(engine, customer)?;
        let apart = beside.map(|beside| Of::read(engine, beside)).transpose()?;
        of.is_kept |= apart.as_ref().is_some_and(|apart| apart.is_kept);
        of.is_proven |= apart.as_ref().is_some_and(|apart| apart.is_proven);
        of.got.extend(apart.iter().flat_map(|apart| apart.got.iter().copied()));
        Ok(Some((of, engine.learned_visits(customer)?, apart)))
    };
    let read = match caller.read(read).await {
        Ok(read) => read,
        Err(error) => return refused(caller, &error),
    };
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let f = caller.frame(t.get("erase-title"));
    let visit = Change { name: t.get("erase-goes-visit"), change: t.get("erase-goes-visit-text") };
    let (goes, stays) = match read {
        Some((of, learned, apart)) => {
            let mut goes = goes(t, &policy, &of.overview, learned);
            if let Some(apart) = apart {
                let count: usize = apart.overview.kept.iter().map(|k| k.count).sum();
                goes.push(Change { name: t.get("device-title"), change: t.with("erase-goes-beside", &[("count", count.into())]) });
            }
            if caller.is_anonymous() {
                goes.push(visit);
                goes.extend(
                    caller.device.is_some().then(|| Change { name: t.get("device-title"), change: t.get("erase-goes-device-text") }),
                );
            }
            (goes, stays(t, &policy, &of))
        }
        // Of somebody who chose nothing there is only what this visit remembers.
        None => (vec![visit], Vec::new()),
    };
    caller.page(&ErasePage { f, goes, stays })
}

/// What there is of one record.
struct Of {
    overview: Overview,
    /// There are orders, of which tax law keeps something.
    is_kept: bool,
    /// There were permissions, which the policy may want to prove.
    is_proven: bool,
    /// Whom something went to: companies that decide themselves what they do with it.
    got: BTreeSet<RecipientIx>,
}

impl Of {
    fn read(engine: &Engine, customer: Handle) -> Result<Of, EngineError> {
        let overview = engine.overview(customer)?;
        let is_kept = overview.kept.iter().any(|k| k.category == "purchases" && k.count > 0);
        let is_proven = engine.consents(customer)?.history.iter().any(|choice| choice.choice == "given");
        let policy = engine.policy();
        let is_third = |r: &RecipientIx| policy.recipients.get(usize::from(r.0)).is_some_and(|r| r.role == Role::ThirdParty);
        let uses = engine.uses(customer)?.into_iter().flat_map(|day| day.uses).filter(|used| used.allowed);
        let got = uses.filter_map(|used| policy.recipient(&used.recipient)).filter(is_third).collect();
        Ok(Of { overview, is_kept, is_proven, got })
    }
}

fn goes(t: Words, policy: &Policy, overview: &Overview, learned: usize) -> Vec<Change> {
    let kept = overview.kept.iter().filter(|k| k.count > 0).filter_map(|k| {
        let category = policy.category(&k.category).and_then(|c| policy.categories.get(usize::from(c.0)))?;
        Some(Change {
            name: category.name.get(t.language.tag()).to_owned(),
            change: t.with("erase-goes-count", &[("count", k.count.into())]),
        })
    });
    let choices = Change { name: t.get("erase-goes-choices"), change: t.get("erase-goes-choices-text") };
    let learned = Change { name: t.get("erase-goes-learned"), change: t.with("erase-goes-learned-text", &[("count", learned.into())]) };
    kept.chain([choices, learned]).collect()
}

/// What tax law keeps of orders, and what proves consents if the policy wants that, as far as there are any; the day follows once it is done.
/// And what others got, who decide themselves.
fn stays(t: Words, policy: &Policy, of: &Of) -> Vec<Change> {
    let tag = t.language.tag();
    let proven = of.is_proven && proof_term(policy).is_some();
    let keeps = |id: &str| of.is_kept && id == TAX_RECORDS || proven && id == LEGAL_CLAIMS;
    let law = policy.purposes.iter().filter(|p| keeps(&p.id) && p.basis == Basis::LegalObligation);
    let law = law.map(|p| Change { name: p.name.get(tag).to_owned(), change: format!("{} {}", p.what.get(tag), p.how_long.get(tag)) });
    let got = of.got.iter().filter_map(|r| policy.recipients.get(usize::from(r.0)));
    let got = got.map(|r| Change { name: sentence(r.name.get(tag)), change: t.get("erase-stays-sent") });
    law.chain(got).collect()
}

pub(super) async fn erase(posted: Posted) -> Response {
    let confirmed = posted.get("confirm") == Some("yes");
    // What goes now is more than that page said, and cannot be undone.
    if posted.is_older {
        return problem(posted.caller, StatusCode::FORBIDDEN, Problem::FormExpired);
    }
    let mut caller = posted.caller;
    if !confirmed {
        return problem(caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused);
    }
    let Some(customer) = caller.customer() else {
        // Of somebody who chose nothing there is only what this visit remembers.
        caller.leave(true).await;
        caller.tell(caller.words.get("erased-visit"));
        return caller.go("/mijn");
    };
    if caller.is_anonymous() {
        // What an earlier erasure of this visit did was told.
        caller.change(|session| session.erased.clear());
    }
    match everything(&mut caller, customer).await {
        Ok(()) => {
            let erased = caller.session.erased.clone();
            caller.leave(true).await;
            caller.change(|s| s.erased = erased);
            caller.go("/mijn/gewist")
        }
        // What was done before it failed has a number, and the page that offers to try again says it.
        Err(error) if !caller.session.erased.is_empty() => {
            tracing::warn!(code = error.code(), "a device was erased, and its customer was not");
            let values = [("number", numbers(&caller.session.erased).into())];
            let told = caller.words.with("erased-device-only", &values);
            caller.tell_denied(told);
            caller.go("/mijn/wissen")
        }
        Err(error) => refused(caller, &error),
    }
}

/// Erases the customer, and before that what this browser's device chose apart from them: once the cookie is gone, nobody could. Each is in
/// the session as it happens, so that its number is told whatever comes of the next.
async fn everything(caller: &mut Caller, customer: Handle) -> Result<(), EngineError> {
    for customer in caller.beside().into_iter().chain([customer]) {
        let erased = caller.site.erase(customer).await?;
        caller.change(|session| session.erased.push(erased));
    }
    Ok(())
}

/// The numbers of the requests.
fn numbers(erased: &[Erased]) -> String {
    erased.iter().map(|erased| erased.request.to_string()).collect::<Vec<_>>().join(", ")
}

/// `/mijn/gewist`: shown to the session that erased, which is nobody's any more, and to no other.
pub(super) async fn erased(mut caller: Caller) -> Response {
    let erased = caller.session.erased.clone();
    // Whoever is still logged in is not erased: that failed after their device was.
    if erased.is_empty() || !caller.is_anonymous() {
        return caller.go("/mijn");
    }
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    // Where several records left the same, it is told once, with its last day.
    let mut kept: BTreeMap<&str, Time> = BTreeMap::new();
    for one in erased.iter().flat_map(|erased| &erased.kept) {
        let until = kept.entry(&one.purpose).or_default();
        *until = one.until.max(*until);
    }
    let stays = kept.into_iter().map(|(id, until)| {
        let name = policy.purpose(id).map_or(id, |ix| policy.at(ix).name.get(t.language.tag()));
        let key = if id == LEGAL_CLAIMS { "erase-stays-proof" } else { "erase-stays-law" };
        let day = dates.short(Time::from_millis(until.millis() - 1));
        Change { name: sentence(name), change: t.with(key, &[("day", day.into())]) }
    });
    let stays = stays.collect();
    let f = caller.frame(t.get("erased-page"));
    let request = numbers(&erased);
    caller.page(&ErasedPage { f, stays, request })
}
