//! `/mijn/verschil`: with and without my purchases, side by side. Looking is a use: it happens when the button is pressed, is recorded as
//! once, and what it showed is kept nowhere.

use axum::response::Response;
use regie_domain::consent::Reason;

use super::age;
use super::compare::{ComparePage, TipList, both};
use super::views::{Go, PlainPage};
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::refused;

/// More than are shown, because many bear one name.
const ASKED: usize = 24;

/// `GET`: what the button does, before it is pressed.
pub(super) async fn ask(mut caller: Caller) -> Response {
    let t = caller.words;
    let guarded = age::guarded(&caller);
    let go = guarded.is_none().then(|| Go { to: "/mijn/verschil".into(), label: t.get("difference-go"), post: true });
    let f = caller.frame(t.get("difference-title"));
    let lead = guarded.unwrap_or_else(|| t.get("difference-lead"));
    caller.page(&PlainPage { f, title: t.get("difference-title"), lead, go })
}

/// `POST`: the two lists. Not a redirect: there is nothing kept that could be shown again.
pub(super) async fn show(posted: Posted) -> Response {
    let mut caller = posted.caller;
    let t = caller.words;
    let Some(customer) = caller.customer() else { return nothing(caller) };
    let done = caller.site.engine.difference(customer, ASKED, caller.evidence("portal")).await;
    let difference = match done {
        Ok(Ok(difference)) => difference,
        Ok(Err(reason)) => return turned_away(caller, reason),
        Err(error) => return refused(caller, &error),
    };
    let Some(with) = difference.with else { return nothing(caller) };
    let ([without, with], _) = both(&caller, &difference.without, &with, ["difference-only-without", "difference-only-with"]);
    let more = with.iter().filter(|tip| tip.mark.is_some()).count();
    let lists = vec![
        TipList {
            id: "without",
            title: t.get("difference-without"),
            note: t.get(if difference.without.personal { "difference-without-note-told" } else { "difference-without-note" }),
            tips: without,
        },
        TipList { id: "with", title: t.get("difference-with"), note: t.get("difference-with-note"), tips: with },
    ];
    let f = caller.frame(t.get("difference-title"));
    caller.page(&ComparePage {
        f,
        back: "/mijn".into(),
        back_label: t.get("back-to-mine"),
        title: t.get("difference-title"),
        lead: t.get("difference-done"),
        switch: None,
        sum: t.with("difference-sum", &[("count", more.into())]),
        lists,
        note: t.get("difference-kept"),
    })
}

/// There is nothing to go by, so nothing is computed and nothing recorded.
fn nothing(mut caller: Caller) -> Response {
    let t = caller.words;
    let f = caller.frame(t.get("difference-title"));
    caller.page(&PlainPage { f, title: t.get("difference-title"), lead: t.get("difference-nothing"), go: None })
}

fn turned_away(mut caller: Caller, reason: Reason) -> Response {
    let t = caller.words;
    let lead = match reason {
        Reason::Minor => age::guarded(&caller).unwrap_or_else(|| t.get("difference-not-now")),
        _ => t.get("difference-not-now"),
    };
    let f = caller.frame(t.get("difference-title"));
    caller.page(&PlainPage { f, title: t.get("difference-title"), lead, go: None })
}
