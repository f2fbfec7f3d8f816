//! What a mail says, written when it is about to leave from what the customer's facts say then: as plain text and as HTML, in the
//! customer's language. It names what was chosen and never what was told or bought; it loads nothing, so nobody learns that it was read.

use std::time::{Duration, SystemTime};

use askama::Template;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::{Address, Message};
use regie_domain::fact::{AlmostOver, Letter, Permitted, RestrictedPart};
use regie_domain::ids::{Handle, MailId};
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use serde_json::Value;

use super::stop;
use crate::engine::mail::WaitingMail;
use crate::engine::{Engine, EngineError};
use crate::http::pages::dates::Dates;
use crate::http::pages::portal::{ProofRow, information_name, proof_row, sentence};
use crate::http::pages::telling::{Names, restricted_part};
use crate::http::pages::words::{Language, Words, escape};

/// A letter without its address.
#[derive(Debug)]
pub(super) struct Written {
    sender: String,
    page: Page,
    attachment: Option<(String, String)>,
    stop: Option<String>,
}

/// A line of what the letter is about.
#[derive(Debug)]
struct Row {
    name: String,
    note: String,
}

/// A step to take, and the address in its sentence.
#[derive(Debug)]
struct Step {
    text: String,
    url: String,
}

impl Step {
    /// The sentence with its address as a link, markup.
    fn html(&self) -> String {
        let url = escape(&self.url);
        escape(&self.text).replace(&url, &format!("<a href=\"{url}\" style=\"color:#1b3fa8\">{url}</a>"))
    }
}

/// The letter as it is set.
#[derive(Debug, Template)]
#[template(path = "mail/letter.html")]
struct Page {
    language: &'static str,
    subject: String,
    brand: String,
    lead: Vec<String>,
    rows: Vec<Row>,
    after: Vec<String>,
    /// Label and address.
    go: Option<(String, String)>,
    /// A title and the steps under it.
    check: Option<(String, Vec<Step>)>,
    foot: Vec<String>,
    /// Label and address.
    stop: Option<(String, String)>,
}

/// The same without markup.
#[derive(Debug, Template)]
#[template(path = "mail/letter.txt")]
struct Plain<'a> {
    p: &'a Page,
}

/// Writes a mail; nothing where what it is about is over. Reads the disk; waits up to three seconds for a receipt's proof.
///
/// # Errors
/// As [`Engine::receipts`].
pub(super) fn write(engine: &Engine, waiting: &WaitingMail, base_url: &str) -> Result<Option<Written>, EngineError> {
    let words = Words::new(Language::of_tag(&waiting.mail.language).unwrap_or_default());
    let policy = engine.policy();
    let dates = Dates::new(words, policy.time_zone.clone(), engine.now());
    match &waiting.mail.letter {
        Letter::Receipt { index } => receipt(engine, &dates, &policy, waiting.customer, *index, base_url),
        Letter::AlmostOver { permissions } => {
            let permissions = engine.still_ending(waiting.customer, permissions)?;
            if permissions.is_empty() {
                return Ok(None);
            }
            let stop = format!("{base_url}{}", stop::path(engine, waiting.customer)?);
            Ok(Some(question(&dates, &policy, &permissions, base_url, stop)))
        }
        Letter::Lifting { part } => {
            let stands = engine.is_restricted(waiting.customer, part)?;
            Ok(stands.then(|| lifting(&dates, &policy, &Names::new(words, engine), part, base_url)))
        }
    }
}

fn receipt(
    engine: &Engine,
    dates: &Dates,
    policy: &Policy,
    customer: Handle,
    index: u64,
    base_url: &str,
) -> Result<Option<Written>, EngineError> {
    let portal = format!("{base_url}/mijn");
    let found = engine.receipts(customer, Some(index.saturating_add(1)), 1, Some(&portal))?;
    let is_it = |receipt: &Value| receipt["regie:ledger"]["index"].as_u64() == Some(index);
    let Some(receipt) = found.receipts.into_iter().next().filter(is_it) else { return Ok(None) };
    let t = dates.words;
    let ProofRow { name, choice, until, .. } = proof_row(dates, &Names::new(t, engine), &receipt);
    let at = receipt["regie:ledger"]["core"]["at"].as_str().and_then(|at| Time::parse(at).ok());
    let when = at.map(|at| t.with("until-clock", &[("day", dates.day(at).into()), ("clock", dates.clock(at).into())]));
    let note = [Some(choice), until].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let file = format!("{}-{index}.json", t.get("proof-file"));
    let text = serde_json::to_string_pretty(&receipt).map_err(|e| EngineError::Policy(e.to_string()))?;
    let step = |key: &str, url: String| Step { text: t.with(key, &[("file", (&file).into()), ("url", (&url).into())]), url };
    let steps =
        vec![step("mail-check-page", format!("{base_url}/mijn/controle")), step("mail-check-program", format!("{base_url}/ledger-key"))];
    let mut page = page(dates, policy, "mail-receipt-subject");
    page.lead = vec![t.get("mail-receipt-lead")];
    page.rows = vec![Row { name, note }];
    page.after = when.map(|when| t.with("mail-receipt-when", &[("when", when.into())])).into_iter().collect();
    page.after.push(t.with("mail-receipt-file", &[("file", (&file).into())]));
    page.check = Some((t.get("mail-check-title"), steps));
    page.foot.insert(0, t.get("mail-receipt-why"));
    Ok(Some(Written { sender: page.brand.clone(), page, attachment: Some((file, text)), stop: None }))
}

fn question(dates: &Dates, policy: &Policy, permissions: &[AlmostOver], base_url: &str, stop: String) -> Written {
    let t = dates.words;
    let row = |p: &AlmostOver| Row {
        name: match &p.what {
            Permitted::Purpose(id) => {
                policy.purpose(id).map_or_else(|| id.clone(), |ix| policy.at(ix).name.get(t.language.tag()).to_owned())
            }
            Permitted::Item(item) => information_name(t, *item),
        },
        note: sentence(&t.with("period-until", &[("end", dates.end(p.until).into())])),
    };
    let mut page = page(dates, policy, "mail-question-subject");
    page.lead = vec![t.get("mail-question-lead")];
    page.rows = permissions.iter().map(row).collect();
    page.after = vec![t.get("mail-question-longer"), t.get("mail-question-nothing")];
    page.go = Some((t.get("mail-question-go"), format!("{base_url}/mijn")));
    page.foot.insert(0, t.get("mail-question-why"));
    page.stop = Some((t.get("mail-question-stop"), stop.clone()));
    Written { sender: page.brand.clone(), page, attachment: None, stop: Some(stop) }
}

fn lifting(dates: &Dates, policy: &Policy, names: &Names, part: &RestrictedPart, base_url: &str) -> Written {
    let t = dates.words;
    let mut page = page(dates, policy, "mail-lifting-subject");
    page.lead = vec![t.get("mail-lifting-lead")];
    page.rows = vec![Row { name: sentence(&restricted_part(names, part)), note: t.get("mail-lifting-note") }];
    page.after = vec![t.get("mail-lifting-object")];
    page.go = Some((t.get("mail-question-go"), format!("{base_url}/mijn/stilzetten")));
    page.foot.insert(0, t.get("mail-lifting-why"));
    Written { sender: page.brand.clone(), page, attachment: None, stop: None }
}

fn page(dates: &Dates, policy: &Policy, subject: &str) -> Page {
    let t = dates.words;
    let brand = t.part(&policy.controller.name).to_owned();
    Page {
        language: t.language.tag(),
        subject: t.with(subject, &[("retailer", (&brand).into())]),
        lead: Vec::new(),
        rows: Vec::new(),
        after: Vec::new(),
        go: None,
        check: None,
        foot: vec![t.with("mail-contact", &[("retailer", (&brand).into()), ("contact", (&policy.controller.contact).into())])],
        stop: None,
        brand,
    }
}

impl Written {
    /// The mail to this address; nothing if it cannot be made one.
    pub(super) fn to(self, from: &Address, to: Address, id: MailId, now: Time) -> Option<Message> {
        let html = self.page.render().ok()?;
        let plain = Plain { p: &self.page }.render().ok()?;
        let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(now.seconds()).unwrap_or(0));
        let mut message = Message::builder()
            .from(Mailbox::new(Some(self.sender), from.clone()))
            .to(Mailbox::new(None, to))
            .subject(self.page.subject.clone())
            .date(sent_at)
            // The same at each try: a mail that arrives twice after all can be known as one.
            .message_id(Some(format!("<{id}@{}>", from.domain())))
            .raw_header(raw("Auto-Submitted", "auto-generated".into()))
            .raw_header(raw("Content-Language", self.page.language.into()));
        if let Some(stop) = self.stop {
            message = message
                .raw_header(raw("List-Unsubscribe", format!("<{stop}>")))
                .raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
        }
        let bodies = MultiPart::alternative_plain_html(plain, html);
        match self.attachment {
            None => message.multipart(bodies).ok(),
            Some((name, text)) => {
                let kind = ContentType::parse("application/ld+json").ok()?;
                message.multipart(MultiPart::mixed().multipart(bodies).singlepart(Attachment::new(name).body(text, kind))).ok()
            }
        }
    }
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

#[cfg(test)]
mod tests {
    use super::Step;

    #[test]
    fn the_address_of_a_step_is_a_link_and_the_rest_is_text() {
        let url = "https://shop.example/mijn/controle?a=1&b=2".to_owned();
        let step = Step { text: format!("Ga naar {url} & kies <bestand>."), url };
        let link = "https://shop.example/mijn/controle?a=1&amp;b=2";
        assert_eq!(step.html(), format!("Ga naar <a href=\"{link}\" style=\"color:#1b3fa8\">{link}</a> &amp; kies &lt;bestand&gt;."));
    }
}
