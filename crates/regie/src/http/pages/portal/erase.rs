//! `/mijn/wissen` and `/mijn/gewist`: what goes, what the law keeps, that it cannot be undone; and then that it was done.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::proof_term;
use regie_domain::policy::{Basis, LEGAL_CLAIMS, Policy, TAX_RECORDS};
use regie_domain::time::Time;

use super::terms::sentence;
use super::views::{Change, ErasePage, ErasedPage};
use crate::engine::Engine;
use crate::engine::api::Overview;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::words::Words;

pub(super) async fn ask(mut caller: Caller) -> Response {
    let read = |engine: &Engine, customer| {
        let permitted = engine.consents(customer)?.history.iter().any(|choice| choice.choice == "given");
        Ok(Some((engine.overview(customer)?, engine.learned_visits(customer)?, permitted)))
    };
    let read = match caller.read(read).await {
        Ok(read) => read,
        Err(error) => return refused(caller, &error),
    };
    let (t, policy) = (caller.words, caller.site.engine.policy());
    let f = caller.frame(t.get("erase-title"));
    let visit = Change { name: t.get("erase-goes-visit"), change: t.get("erase-goes-visit-text") };
    let (goes, stays) = match read {
        Some((overview, learned, permitted)) => {
            let mut goes = goes(t, &policy, &overview, learned);
            if caller.is_anonymous() {
                goes.push(visit);
                goes.extend(
                    caller.device.is_some().then(|| Change { name: t.get("device-title"), change: t.get("erase-goes-device-text") }),
                );
            }
            (goes, stays(t, &policy, &overview, permitted))
        }
        // Of somebody who chose nothing there is only what this visit remembers.
        None => (vec![visit], Vec::new()),
    };
    caller.page(&ErasePage { f, goes, stays })
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

/// What tax law keeps of orders, and what proves consents if the policy wants that, as far as there are any. The day follows once it is done.
fn stays(t: Words, policy: &Policy, overview: &Overview, permitted: bool) -> Vec<Change> {
    let tag = t.language.tag();
    let ordered = overview.kept.iter().any(|k| k.category == "purchases" && k.count > 0);
    let proven = permitted && proof_term(policy).is_some();
    let keeps = |id: &str| ordered && id == TAX_RECORDS || proven && id == LEGAL_CLAIMS;
    let law = policy.purposes.iter().filter(|p| keeps(&p.id) && p.basis == Basis::LegalObligation);
    law.map(|p| Change { name: p.name.get(tag).to_owned(), change: format!("{} {}", p.what.get(tag), p.how_long.get(tag)) }).collect()
}

pub(super) async fn erase(posted: Posted) -> Response {
    let confirmed = posted.get("confirm") == Some("yes");
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
    match caller.site.erase(customer).await {
        Ok(erased) => {
            caller.leave(true).await;
            caller.change(|s| s.erased = Some(erased));
            caller.go("/mijn/gewist")
        }
        Err(error) => refused(caller, &error),
    }
}

/// `/mijn/gewist`: shown to the session that erased, which is nobody's any more, and to no other.
pub(super) async fn erased(mut caller: Caller) -> Response {
    let Some(erased) = caller.session.erased.clone() else { return caller.go("/mijn") };
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let stays = erased.kept.iter().map(|kept| {
        let name =
            policy.purpose(&kept.purpose).map_or_else(|| kept.purpose.clone(), |ix| policy.at(ix).name.get(t.language.tag()).to_owned());
        Change {
            name: sentence(&name),
            change: t.with("erase-stays-until", &[("day", dates.short(Time::from_millis(kept.until.millis() - 1)).into())]),
        }
    });
    let stays = stays.collect();
    let f = caller.frame(t.get("erased-page"));
    caller.page(&ErasedPage { f, stays, request: erased.request.to_string() })
}
