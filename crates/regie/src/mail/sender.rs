//! The one task that takes waiting mails to the server, one after another, and asks about what ends.
//!
//! Invariants: nothing leaves before its disclosure is durable; whatever is tried again is judged again first. A receipt goes **at least
//! once**: where the connection broke before the server's last word, it is sent again, under the same `Message-ID`. A question goes **at
//! most once**: in that case it is not. When to try again is kept in memory alone; that a mail waits is in the log.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use regie_domain::fact::{Letter, MailOutcome};
use regie_domain::ids::MailId;

use super::letter::{self, Written};
use super::post::{Handed, Post};
use crate::engine::mail::{Claim, WaitingMail};
use crate::engine::{Engine, EngineError};

/// How often the outbox is looked at; from memory.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whom to ask about an end.
const ASK_EVERY: Duration = Duration::from_secs(600);
/// What is waited after the first failure, the second …; after those, the last.
const WAITS: [Duration; 6] = [
    Duration::from_secs(2),
    Duration::from_secs(10),
    Duration::from_secs(60),
    Duration::from_secs(300),
    Duration::from_secs(900),
    Duration::from_secs(3600),
];
/// A mail that could not be handed over for so long is not tried any more.
const TRY_SECONDS: i64 = 3 * 86_400;

/// See the module.
#[derive(Debug)]
pub struct Sender {
    engine: Engine,
    post: Post,
    base_url: String,
    tries: HashMap<MailId, Tries>,
    server: Pause,
    asked: Option<Instant>,
}

/// When something that failed is tried again.
#[derive(Debug, Default, Clone, Copy)]
struct Pause {
    failures: usize,
    until: Option<Instant>,
}

impl Pause {
    fn fail(&mut self) {
        let wait = WAITS.get(self.failures).or(WAITS.last()).copied().unwrap_or(LOOK_EVERY);
        self.failures += 1;
        self.until = Some(Instant::now() + wait);
    }

    fn is_over(&self) -> bool {
        self.until.is_none_or(|until| until <= Instant::now())
    }
}

/// What is known of a mail that did not get through, or whose end could not be noted.
#[derive(Debug, Default)]
struct Tries {
    pause: Pause,
    /// The server's word: it does not have it.
    not_taken: bool,
    /// It is over; only noting that failed.
    outcome: Option<MailOutcome>,
}

/// What to do after one mail.
enum Next {
    Mail,
    /// The server cannot be reached: no other mail would fare better.
    Pause,
}

impl Sender {
    /// A sender for this engine. `base_url` is where customers find its pages, without a slash at the end.
    pub fn new(engine: Engine, post: Post, base_url: String) -> Sender {
        Sender { engine, post, base_url, tries: HashMap::new(), server: Pause::default(), asked: None }
    }

    /// Sends for as long as the server runs.
    pub async fn run(mut self) {
        loop {
            self.round().await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn round(&mut self) {
        if self.asked.is_none_or(|at| at.elapsed() >= ASK_EVERY) {
            self.asked = Some(Instant::now());
            if let Err(e) = self.engine.ask_about_ends().await {
                tracing::warn!(code = e.code(), "whom to ask about an end could not be found out; it is tried again");
            }
        }
        if !self.server.is_over() {
            return;
        }
        let waiting = self.engine.mails_waiting();
        self.tries.retain(|id, _| waiting.iter().any(|w| w.mail.id == *id));
        for mail in &waiting {
            if self.tries.get(&mail.mail.id).is_some_and(|tries| !tries.pause.is_over()) {
                continue;
            }
            match self.deliver(mail).await {
                Ok(Next::Mail) => {}
                Ok(Next::Pause) => return,
                // Erased meanwhile: nothing waits any more.
                Err(EngineError::UnknownCustomer) => {}
                Err(e) => {
                    tracing::warn!(code = e.code(), "a mail could not be made ready; it is tried again");
                    self.tries.entry(mail.mail.id).or_default().pause.fail();
                }
            }
        }
    }

    async fn deliver(&mut self, waiting: &WaitingMail) -> Result<Next, EngineError> {
        let (id, customer) = (waiting.mail.id, waiting.customer);
        if let Some(outcome) = self.tries.get(&id).and_then(|tries| tries.outcome) {
            return self.close(waiting, outcome).await;
        }
        if self.engine.now().seconds() - waiting.mail.at.seconds() > TRY_SECONDS {
            return self.close(waiting, MailOutcome::GivenUp).await;
        }
        // The wait first: address and letter are those of the moment that judges them.
        if let Err(code) = self.post.reach().await {
            self.server.fail();
            tracing::warn!(code, failures = self.server.failures, "the mail server cannot be reached; it is tried again");
            return Ok(Next::Pause);
        }
        self.server = Pause::default();
        let Some(address) = self.engine.reading(move |engine| engine.mail_address(customer)).await? else {
            return self.close(waiting, MailOutcome::NoAddress).await;
        };
        let (mail, base_url) = (waiting.clone(), self.base_url.clone());
        let written = self.engine.reading(move |engine| letter::write(engine, &mail, &base_url)).await?;
        let Some(message) = written.map(|w: Written| w.to(&self.post.from, address, id, self.engine.now())) else {
            return self.close(waiting, MailOutcome::Over).await;
        };
        let Some(message) = message else { return self.close(waiting, MailOutcome::NoAddress).await };
        let at_most_once = matches!(waiting.mail.letter, Letter::AlmostOver { .. });
        match self.engine.claim_mail(waiting).await {
            Ok(Claim::First) => {}
            Ok(Claim::Again) if at_most_once && !self.tries.get(&id).is_some_and(|tries| tries.not_taken) => {
                return self.close(waiting, MailOutcome::Unsure).await;
            }
            Ok(Claim::Again) => {}
            Err(EngineError::DisclosureRefused { .. }) => return self.close(waiting, MailOutcome::NotAllowed).await,
            Err(e) => return Err(e),
        }
        let handed = self.post.send(message).await;
        match handed {
            Handed::Over => self.close(waiting, MailOutcome::Sent).await,
            Handed::Refused(code) => {
                tracing::warn!(code, "the mail server refused a mail for good");
                self.close(waiting, MailOutcome::Refused).await
            }
            Handed::Unknown if at_most_once => self.close(waiting, MailOutcome::Unsure).await,
            Handed::Later(_) | Handed::Unknown => {
                let tries = self.tries.entry(id).or_default();
                tries.not_taken = matches!(handed, Handed::Later(_));
                tries.pause.fail();
                Ok(Next::Mail)
            }
        }
    }

    /// Notes what became of it. What cannot be noted now is noted later, and not sent again meanwhile.
    async fn close(&mut self, waiting: &WaitingMail, outcome: MailOutcome) -> Result<Next, EngineError> {
        self.tries.entry(waiting.mail.id).or_default().outcome = Some(outcome);
        self.engine.close_mail(waiting.customer, waiting.mail.id, outcome).await?;
        metrics::counter!("regie_mails_total", "outcome" => outcome.code()).increment(1);
        Ok(Next::Mail)
    }
}
