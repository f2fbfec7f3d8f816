//! "Ben je 16 of ouder?" (Article 8): asked once, with the first permission; only yes or no is kept, never a date of birth.
//!
//! Invariant: nobody below the policy's age permits anything here; a guardian's permission comes by the shop, which can see who it is.

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
    /// The question, unless this customer said yes before. Whoever said no may have had a birthday since.
    pub(crate) fn to_ask(caller: &Caller, answer: Option<bool>) -> Option<Age> {
        let text = |key| say(caller, key);
        (consenter(caller) != Some(Consenter::Customer)).then(|| Age { title: text("age-title"), hint: text("age-hint"), answer })
    }
}

/// A message that names the age below which a guardian consents.
pub(crate) fn say(caller: &Caller, key: &str) -> String {
    caller.words.with(key, &[("years", caller.site.engine.policy().guardian_below_age.to_string().into())])
}

/// Who consents for the caller, if somebody said so.
pub(crate) fn consenter(caller: &Caller) -> Option<Consenter> {
    caller.site.engine.consenter(caller.customer()?).ok().flatten()
}

/// The answer that a form sent.
pub(crate) fn answered(posted: &Posted) -> Option<bool> {
    match posted.get("of-age") {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    }
}

/// May somebody who answered this permit something? Records nothing.
pub(crate) fn check(caller: &Caller, of_age: Option<bool>) -> Result<(), Failed> {
    match of_age {
        _ if consenter(caller) == Some(Consenter::Customer) => Ok(()),
        Some(true) => Ok(()),
        Some(false) => Err(Failed::TooYoung),
        None => Err(Failed::Choice(MISSING)),
    }
}

/// As [`check`], and records the answer.
pub(crate) async fn settle(caller: &Caller, customer: Handle, of_age: Option<bool>, method: &str) -> Result<(), Failed> {
    let checked = check(caller, of_age);
    let consenter = match &checked {
        Ok(()) => Consenter::Customer,
        Err(Failed::TooYoung) => Consenter::Guardian,
        Err(_) => return checked,
    };
    caller.site.engine.state_consenter(customer, consenter, caller.evidence(method)).await?;
    checked
}

/// What is missing in a form, and where to say it.
pub(crate) fn fault(caller: &Caller, missing: &'static str) -> Fault {
    let text = say(caller, missing);
    if missing == MISSING {
        Fault { text, at: "#age", go: caller.words.get("age-answer") }
    } else {
        Fault { text, at: "#how-long", go: caller.words.get("ask-choose") }
    }
}

/// A guardian consents: nothing was permitted, and the page says how it can be.
pub(crate) fn turned_away(mut caller: Caller, to: &str) -> Response {
    caller.tell(say(&caller, "age-guardian"));
    caller.go(to)
}
