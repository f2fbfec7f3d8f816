//! Receipts by e-mail (`POST /mijn/bewijs/{number}/mail`, one press, to the address that is known already), and `/mijn/mail-stop/{token}`:
//! no more questions by e-mail, one press, no log-in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use regie_domain::consent::Reason;
use regie_domain::ids::Handle;

use super::desk::DeskForm;
use super::views::{Go, PlainPage};
use crate::engine::mail::QUESTIONS;
use crate::engine::{Engine, EngineError};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::{Problem, problem, refused};
use crate::mail::stop;

/// The receipt of the newest choice, where a form names no number.
pub(super) const NEWEST: &str = "laatste";

/// What a page can say about receipts by e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Nothing: this server sends no mail.
    None,
    /// That no address is known, and that nobody needs to give one for this.
    NoAddress(String),
    /// To which address, as far as its owner recognises it.
    To(String),
}

impl Offer {
    /// What is offered to this customer. Reads the disk.
    pub(super) async fn to(caller: &Caller, customer: Handle) -> Result<Offer, EngineError> {
        if !caller.site.offers_mail() {
            return Ok(Offer::None);
        }
        let address = caller.site.engine.reading(move |engine| engine.mail_address(customer)).await?;
        let t = caller.words;
        Ok(match address {
            None => Offer::NoAddress(t.get("mail-no-address")),
            Some(address) => Offer::To(t.with("mail-to", &[("address", hint(address.as_ref()).into())])),
        })
    }

    /// Is there a button to show?
    pub(crate) fn is_to(&self) -> bool {
        matches!(self, Offer::To(_))
    }

    /// The sentence, if there is one.
    pub(crate) fn says(&self) -> Option<&str> {
        match self {
            Offer::None => None,
            Offer::NoAddress(text) | Offer::To(text) => Some(text),
        }
    }
}

/// Enough of an address for its owner, and little for who looks over a shoulder.
fn hint(address: &str) -> String {
    let (name, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", name.chars().next().unwrap_or_default())
}

/// `POST /mijn/bewijs/{number}/mail`
pub(super) async fn receipt(InPath(number): InPath, form: DeskForm) -> Response {
    let DeskForm { posted, customer } = form;
    let mut caller = posted.caller;
    if !caller.site.offers_mail() {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    }
    let index = match number.as_str() {
        NEWEST => caller.site.engine.reading(move |engine| newest(engine, customer)).await,
        number => number.parse().map_err(|_| EngineError::UnknownReceipt),
    };
    let asked = match index {
        Ok(index) => caller.site.engine.ask_for_receipt(customer, index, caller.words.language.tag()).await,
        Err(e) => Err(e),
    };
    let told = match asked {
        Ok(_) => "mail-asked",
        Err(EngineError::NoAddress) => "mail-no-address",
        Err(EngineError::TooManyMails) => "mail-too-many",
        Err(EngineError::DisclosureRefused { reason: Reason::Restricted, .. }) => "mail-on-hold",
        Err(EngineError::UnknownReceipt) => return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
        Err(error) => return refused(caller, &error),
    };
    caller.tell(caller.words.get(told));
    caller.go(if number == NEWEST { "/mijn" } else { "/mijn/bewijs" })
}

fn newest(engine: &Engine, customer: Handle) -> Result<u64, EngineError> {
    let found = engine.receipts(customer, None, 1, None)?;
    found.receipts.first().and_then(|receipt| receipt["regie:ledger"]["index"].as_u64()).ok_or(EngineError::UnknownReceipt)
}

/// `GET /mijn/mail-stop/{token}`: a button, and nothing happens yet.
pub(super) async fn ask_to_stop(mut caller: Caller, InPath(token): InPath) -> Response {
    let lead = match stop::whose(&caller.site.engine, &token) {
        Ok(Some(customer)) if caller.site.engine.knows(customer) => "mail-stop-lead",
        Ok(Some(_)) => return problem(caller, StatusCode::GONE, Problem::Gone),
        Ok(None) => return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
        Err(error) => return refused(caller, &error),
    };
    let t = caller.words;
    let f = caller.frame(t.get("mail-stop-title"));
    let go = Some(Go { to: format!("/mijn/mail-stop/{token}"), label: t.get("mail-stop-go"), post: true });
    caller.page(&PlainPage { f, title: t.get("mail-stop-title"), lead: t.get(lead), go })
}

/// `POST /mijn/mail-stop/{token}`: by the button, or by a mail program that knows RFC 8058. The link is all that is needed, so a form's
/// token is not asked for: whoever holds the link can end this one permission and do nothing else.
pub(super) async fn stop(mut caller: Caller, InPath(token): InPath) -> Response {
    let customer = match stop::whose(&caller.site.engine, &token) {
        Ok(Some(customer)) => customer,
        Ok(None) => return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound),
        Err(error) => return refused(caller, &error),
    };
    match caller.site.engine.withdraw(customer, QUESTIONS, caller.evidence("email")).await {
        Ok(_) => {}
        Err(error) => return refused(caller, &error),
    }
    let t = caller.words;
    let f = caller.frame(t.get("mail-stopped-title"));
    caller.page(&PlainPage { f, title: t.get("mail-stopped-title"), lead: t.get("mail-stopped-lead"), go: None }).into_response()
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn an_address_is_only_hinted_at() {
        assert_eq!(hint("someone@winkel.example"), "s•••@winkel.example");
        assert_eq!(hint("x@winkel.example"), "x•••@winkel.example");
    }
}
