//! Receipts by e-mail (`POST /mijn/bewijs/{number}/mail`, one press, to the address that is known already), and `/mijn/mail-stop/{token}`:
//! no more questions by e-mail, one press, no log-in.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use regie_domain::ids::Handle;

use super::views::{Go, PlainPage};
use crate::engine::mail::QUESTIONS;
use crate::engine::{Engine, EngineError};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
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
    pub(super) async fn to(caller: &Caller) -> Result<Offer, EngineError> {
        if !caller.site.offers_mail() {
            return Ok(Offer::None);
        }
        let address = caller.read(|engine, customer| engine.mail_address(customer)).await?;
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
pub(super) async fn receipt(InPath(number): InPath, posted: Posted) -> Response {
    let mut caller = posted.caller;
    // Who chose nothing has no receipt.
    let Some(customer) = caller.customer().filter(|_| caller.site.offers_mail()) else {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    };
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
    use axum::http::StatusCode;
    use regie_domain::consent::State;
    use regie_domain::fact::Letter;
    use regie_domain::ids::Handle;

    use super::hint;
    use crate::engine::mail::QUESTIONS;
    use crate::http::pages::tests::{Browser, World, is_known_by, world};
    use crate::mail::stop;

    fn customer(world: &World) -> Handle {
        let space = "shop".to_owned();
        let number = regie_domain::fact::Identifier { space, kind: regie_domain::fact::IdentifierKind::User, value: "2375".into() };
        world.site.engine.lookup(&number).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_receipt_is_one_press_where_an_address_is_known_and_never_asks_for_one() {
        let world = world().await;
        let mut browser = Browser::new(&world);
        let home = browser.enter().await;
        browser.submit(&home, "/mijn/toestemming/recommendations", "answer=yes&until=P1W").await;
        let told = browser.get("/mijn").await;
        let number = world.site.engine.receipts(customer(&world), None, 1, None).unwrap().receipts[0]["regie:ledger"]["index"].clone();
        let path = format!("/mijn/bewijs/{number}/mail");
        assert!(!told.text.contains("Mail me"), "a server that sends no mail offers none");
        for page in ["/mijn/bewijs".to_owned(), format!("/mijn/bewijs/{number}")] {
            assert!(!browser.get(&page).await.text.contains("/mail\""), "{page}");
        }
        assert_eq!(browser.submit(&told, &path, "").await.status, StatusCode::NOT_FOUND);

        assert!(!told.text.contains(QUESTIONS), "nobody is asked to allow mails that are not sent");
        world.site.offer_mail();
        assert!(browser.get("/mijn").await.text.contains(QUESTIONS));
        let proofs = browser.get("/mijn/bewijs").await;
        assert!(proofs.text.contains("We hebben geen e-mailadres van je") && !proofs.text.contains(&path));
        assert!(!proofs.text.contains("type=\"email\""), "nobody needs to give an address for this");
        assert_eq!(browser.submit(&proofs, &path, "").await.status, StatusCode::SEE_OTHER);
        assert!(browser.get("/mijn/bewijs").await.text.contains("We hebben geen e-mailadres van je"));
        assert_eq!(world.site.engine.mails_waiting().len(), 0);

        is_known_by(&world, "someone@mail.example").await;
        let proofs = browser.get("/mijn/bewijs").await;
        assert!(proofs.text.contains(&path) && proofs.text.contains("s•••@mail.example") && !proofs.text.contains("someone@"));
        assert_eq!(browser.post(&path, "csrf=").await.status, StatusCode::FORBIDDEN, "another site's page cannot press it");
        assert_eq!(browser.submit(&proofs, &path, "").await.to.as_deref(), Some("/mijn/bewijs"));
        assert!(browser.get("/mijn/bewijs").await.text.contains("We mailen je bewijs"));
        let [waiting] = &world.site.engine.mails_waiting()[..] else { panic!("one waits") };
        assert_eq!((waiting.customer, waiting.mail.language.as_str()), (customer(&world), "nl"));
        assert_eq!(waiting.mail.letter, Letter::Receipt { index: number.as_u64().unwrap() });

        // After a choice, the same press; it is told once.
        let page = browser.get("/mijn").await;
        browser.submit(&page, "/mijn/stop/recommendations", "").await;
        let told = browser.get("/mijn").await;
        assert!(told.text.contains("/mijn/bewijs/laatste/mail"));
        assert!(!browser.get("/mijn").await.text.contains("/mijn/bewijs/laatste/mail"));
        assert_eq!(browser.submit(&told, "/mijn/bewijs/laatste/mail", "").await.to.as_deref(), Some("/mijn"));
        assert_eq!(world.site.engine.mails_waiting().len(), 2);
        assert_eq!(browser.submit(&told, "/mijn/bewijs/999999/mail", "").await.status, StatusCode::NOT_FOUND);
        assert_eq!(browser.submit(&told, "/mijn/bewijs/x/mail", "").await.status, StatusCode::NOT_FOUND);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_way_out_of_a_mail_needs_a_press_and_no_log_in_and_does_one_thing() {
        let world = world().await;
        let mut at_home = Browser::new(&world);
        let home = at_home.enter().await;
        for purpose in [QUESTIONS, "recommendations"] {
            at_home.submit(&home, &format!("/mijn/toestemming/{purpose}"), "answer=yes&until=P1W").await;
        }
        let state = |purpose: &str| {
            let (engine, policy) = (&world.site.engine, world.site.engine.policy());
            let ix = policy.purpose(purpose).unwrap();
            engine.states(customer(&world)).unwrap().into_iter().find(|s| s.purpose == ix).unwrap().state
        };
        assert_eq!((state(QUESTIONS), state("recommendations")), (Some(State::Given), Some(State::Given)));
        let path = stop::path(&world.site.engine, customer(&world)).unwrap();
        let mut stranger = Browser::new(&world);
        let page = stranger.get(&path).await;
        assert!(page.text.contains(&path) && page.text.contains("Stop deze mails"));
        assert_eq!(state(QUESTIONS), Some(State::Given), "looking stops nothing");
        for wrong in
            [path[..path.len() - 2].to_owned(), format!("{path}00"), path.replace("mail-stop/", "mail-stop/0"), "/mijn/mail-stop/x".into()]
        {
            assert_eq!(stranger.post(&wrong, "").await.status, StatusCode::NOT_FOUND, "{wrong}");
        }
        assert_eq!(stranger.post(&path, "List-Unsubscribe=One-Click").await.status, StatusCode::OK);
        assert_eq!((state(QUESTIONS), state("recommendations")), (Some(State::Withdrawn), Some(State::Given)));
        assert_eq!(stranger.post(&path, "").await.status, StatusCode::OK, "pressed again it stays so");
        assert!(at_home.get("/mijn").await.text.contains("2375"));
        assert!(!stranger.get("/mijn").await.text.contains("2375"), "the link let nobody in");
    }

    #[test]
    fn an_address_is_only_hinted_at() {
        assert_eq!(hint("someone@winkel.example"), "s•••@winkel.example");
        assert_eq!(hint("x@winkel.example"), "x•••@winkel.example");
    }
}
