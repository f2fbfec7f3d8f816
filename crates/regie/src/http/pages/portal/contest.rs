//! `/mijn/besluiten`: what is decided with significant effect, contesting it in one press, and what a person answered (Article 22(3)).

use axum::http::StatusCode;
use axum::response::Response;

use super::terms::sentence;
use super::views::{ContestAnswered, ContestRow, ContestablePurpose, ContestsPage};
use crate::engine::contest::{Contest, ContestWish, REASON_BYTES_MAX};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::http::pages::telling::Names;

const PAGE: &str = "/mijn/besluiten";

/// Is anything decided with significant effect here? Else there is no such page.
pub(super) fn is_any(caller: &Caller) -> bool {
    caller.site.engine.policy().purposes.iter().any(|purpose| purpose.contest.is_some())
}

pub(super) async fn show(caller: Caller) -> Response {
    page(caller, StatusCode::OK, None).await
}

/// The page; with a reason that was too long, as it was written, and where.
async fn page(mut caller: Caller, status: StatusCode, written: Option<(String, String)>) -> Response {
    if !is_any(&caller) {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    }
    let read = |engine: &crate::engine::Engine, customer| engine.contests(customer);
    let contests: Vec<Contest> = match caller.read(read).await {
        Ok(contests) => contests,
        Err(error) => return refused(caller, &error),
    };
    let (t, dates, policy) = (caller.words, caller.dates(), caller.site.engine.policy());
    let names = Names::new(t, &caller.site.engine);
    let tag = t.language.tag();
    let row = |c: &Contest| ContestRow {
        name: sentence(&names.purpose(&c.purpose)),
        reference: c.reference.clone(),
        when: t.with("contest-asked", &[("day", dates.ago(c.at).into())]),
        reason: c.reason.clone(),
        answer: c.answer.as_ref().map(|a| ContestAnswered {
            when: t.with("contest-answered", &[("day", dates.ago(a.at).into())]),
            outcome: t.get(&format!("contest-{}", a.outcome.code())),
            reasons: a.reasons.clone(),
        }),
    };
    let is_waiting = |c: &Contest| c.reference.is_none() && c.answer.is_none();
    let purposes = policy.purposes.iter().filter_map(|purpose| {
        let how = purpose.contest.as_ref()?.get(tag).to_owned();
        let waits = contests.iter().find(|c| c.purpose == purpose.id && is_waiting(c)).map(row);
        let written = written.as_ref().filter(|(id, _)| *id == purpose.id).map(|(_, reason)| reason.clone());
        Some(ContestablePurpose { id: purpose.id.clone(), name: purpose.name.get(tag).to_owned(), how, waits, written })
    });
    let purposes: Vec<_> = purposes.collect();
    // What waits is said once: at what is decided, where the policy in force still names it.
    let is_above = |c: &Contest| is_waiting(c) && purposes.iter().any(|p| p.id == c.purpose);
    let rows = contests.iter().filter(|c| !is_above(c)).map(row).collect();
    let f = caller.frame(t.get("contest-title"));
    caller.page_with(status, &ContestsPage { f, purposes, rows, reason_max: REASON_BYTES_MAX })
}

/// `POST /mijn/besluiten`
pub(super) async fn contest(posted: Posted) -> Response {
    let purpose = posted.get("purpose").map(str::to_owned);
    let reason = posted.get("reason").map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let mut caller = posted.caller;
    let declared =
        |id: &String| caller.site.engine.policy().purpose(id).is_some_and(|ix| caller.site.engine.policy().at(ix).contest.is_some());
    let Some(purpose) = purpose.filter(declared) else {
        return problem(caller, StatusCode::UNPROCESSABLE_ENTITY, Problem::Refused);
    };
    if let Some(long) = reason.as_ref().filter(|reason| reason.len() > REASON_BYTES_MAX) {
        return page(caller, StatusCode::UNPROCESSABLE_ENTITY, Some((purpose, long.clone()))).await;
    }
    let wish = ContestWish { purpose, reference: None, reason: reason.clone() };
    let done = match caller.open().await {
        Ok(customer) => caller.site.engine.contest(customer, wish, caller.evidence("portal")).await,
        Err(error) => Err(error),
    };
    match done {
        Ok(contest) => {
            // Asked before, in other words: those wait, and these were not kept.
            let told = if reason.is_some() && contest.reason != reason { "contest-already" } else { "contest-done" };
            caller.tell(caller.words.get(told));
            caller.go(PAGE)
        }
        Err(error) => refused(caller, &error),
    }
}
