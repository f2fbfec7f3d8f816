//! "Ben je 16 of ouder?" (Article 8): asked once, with the first permission; only yes or no is kept, never a date of birth.
//!
//! Invariant: nobody below the policy's age permits anything here. A guardian's permission comes by the shop, which can see who it is,
//! and so does the word that there is no guardian any more: nobody takes it back on these pages.

use axum::response::Response;
use regie_domain::fact::Consenter;
use regie_domain::ids::Handle;

use super::permit::Failed;
use super::views::Fault;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;

/// The message where the answer is missing.
pub(crate) const MISSING: &str = "age-missing";

/// The question, as a form shows it.
#[derive(Debug, Clone)]
pub(crate) struct Age {
    pub(crate) title: String,
    pub(crate) hint: String,
    /// The answer, before an error brought the page back.
    pub(crate) answer: Option<bool>,
}

impl Age {
    /// The question, unless it was answered before.
    pub(crate) fn to_ask(caller: &Caller, answer: Option<bool>) -> Option<Age> {
        let text = |key| say(caller, key);
        consenter(caller).is_none().then(|| Age { title: text("age-title"), hint: text("age-hint"), answer })
    }
}

/// A message that names the age below which a guardian consents.
pub(super) fn say(caller: &Caller, key: &str) -> String {
    caller.words.with(key, &[("years", caller.site.engine.policy().guardian_below_age.to_string().into())])
}

/// What stands where the form would, if a guardian consents for the caller.
pub(crate) fn guarded(caller: &Caller) -> Option<String> {
    (consenter(caller) == Some(Consenter::Guardian)).then(|| say(caller, "age-guardian"))
}

/// Who consents for the caller, if somebody said so.
pub(crate) fn consenter(caller: &Caller) -> Option<Consenter> {
    let said = caller.customer().and_then(|customer| caller.site.engine.consenter(customer).ok().flatten());
    said.max(caller.session.too_young.then_some(Consenter::Guardian))
}

/// The answer that a form sent.
pub(crate) fn answered(posted: &Posted) -> Option<bool> {
    posted.yes_or_no("of-age")
}

/// May somebody who answered this permit something? Records nothing.
pub(crate) fn check(caller: &Caller, of_age: Option<bool>) -> Result<(), Failed> {
    match (consenter(caller), of_age) {
        // A no counts wherever it comes from, also from a form that was opened before a yes elsewhere.
        (Some(Consenter::Guardian), _) | (_, Some(false)) => Err(Failed::TooYoung),
        (Some(Consenter::Customer), _) | (None, Some(true)) => Ok(()),
        (None, None) => Err(Failed::Choice(MISSING)),
    }
}

/// As [`check`], and records the answer.
pub(crate) async fn settle(caller: &Caller, customer: Handle, of_age: Option<bool>, method: &str) -> Result<(), Failed> {
    let answer = match check(caller, of_age) {
        Ok(()) => Consenter::Customer,
        Err(Failed::TooYoung) => Consenter::Guardian,
        Err(missing) => return Err(missing),
    };
    match caller.site.engine.answer_consenter(customer, answer, caller.evidence(method)).await? {
        Some(Consenter::Guardian) => Err(Failed::TooYoung),
        _ => Ok(()),
    }
}

/// What is missing in a form, and where to say it.
pub(crate) fn fault(caller: &Caller, missing: &'static str) -> Fault {
    let text = say(caller, missing);
    let (at, go) = match missing {
        MISSING => ("#age", "age-answer"),
        "ask-recipient-missing" => ("#who-else", "ask-choose-who"),
        "ask-device-missing" => ("#this-device", "ask-choose-device"),
        "ask-date-missing" => ("#how-long", "ask-choose-date"),
        _ => ("#how-long", "ask-choose"),
    };
    Fault { text, at, go: caller.words.get(go) }
}

/// A guardian consents: nothing was permitted, and the page says how it can be. Where there is no record to keep that answer in, the visit
/// keeps it.
pub(crate) fn turned_away(mut caller: Caller, to: &str) -> Response {
    if caller.customer().is_none() {
        caller.change(|session| session.too_young = true);
    }
    caller.tell_denied(say(&caller, "age-guardian"));
    caller.go(to)
}
