//! What all pages share: the engine, the sessions, the key that signs tokens and links.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::hmac;
use regie_domain::ids::Handle;

use super::link::UsedLinks;
use super::pace::Pace;
use super::session::Sessions;
use super::words::Language;
use crate::engine::api::Erased;
use crate::engine::{self, Engine, EngineError};
use crate::http::replay::Replays;

/// What the pages stand on. Made once, shared by portal and shop.
#[derive(Debug)]
pub struct Site {
    /// The engine.
    pub engine: Engine,
    /// Who is here now.
    pub sessions: Sessions,
    /// Answers of the API that are repeated.
    pub(in crate::http) replays: Arc<Replays>,
    /// The links that were used up.
    pub(super) used_links: UsedLinks,
    /// How fast customers' choices come in.
    pub(super) pace: Pace,
    key: hmac::Key,
    /// Cookies travel over https only; off for http on loopback.
    pub secure: bool,
    /// Where the shop is, if this program serves one.
    pub shop: Option<&'static str>,
    /// How people call the catalogue's departments, in Dutch and English; by the catalogue's own word where nothing is said.
    departments: OnceLock<BTreeMap<String, [String; 2]>>,
    /// Mails are sent.
    mail: OnceLock<()>,
    /// Where the world finds these pages, as browsers name it, if that is configured.
    origin: OnceLock<String>,
}

impl Site {
    /// A site on an engine. `secure` is false only for plain http on loopback.
    ///
    /// # Errors
    /// Those of the disk and of the system's randomness.
    pub fn new(engine: Engine, secure: bool, shop: Option<&'static str>) -> Result<Arc<Site>, EngineError> {
        let durable = engine.service_key("portal")?;
        // Sessions and used links live in memory: what was signed before a restart must not be valid after it, or a link that
        // was used up would open again. So each start has a key of its own.
        let start: [u8; 32] = engine::random()?;
        let mixed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &durable), &start);
        let key = hmac::Key::new(hmac::HMAC_SHA256, mixed.as_ref());
        Ok(Arc::new(Site {
            engine,
            sessions: Sessions::default(),
            replays: Arc::default(),
            used_links: UsedLinks::default(),
            pace: Pace::default(),
            key,
            secure,
            shop,
            departments: OnceLock::new(),
            mail: OnceLock::new(),
            origin: OnceLock::new(),
        }))
    }

    /// Says how people call the departments, in Dutch and English. The first word stands; departments that it leaves out are no interests.
    pub fn name_departments(&self, names: BTreeMap<String, [String; 2]>) {
        let _ = self.departments.set(names);
    }

    /// From now on pages and interface offer mails: somebody sends them.
    pub fn offer_mail(&self) {
        let _ = self.mail.set(());
    }

    /// Are mails sent?
    pub fn offers_mail(&self) -> bool {
        self.mail.get().is_some()
    }

    /// Says where the world finds these pages, such as `https://mijn.winkel.example`. The first word stands.
    pub(crate) fn found_at(&self, base_url: &str) {
        let host = base_url.find("://").map_or(0, |at| at + 3);
        let end = base_url.get(host..).and_then(|rest| rest.find('/')).map_or(base_url.len(), |at| host + at);
        let _ = self.origin.set(base_url.get(..end).unwrap_or(base_url).to_owned());
    }

    /// Where the world finds these pages, if that is configured.
    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.get().map(String::as_str)
    }

    /// The departments that can be an interest, with their names, by name.
    pub(super) fn departments(&self, language: Language) -> Vec<(String, String)> {
        let known = self.engine.departments().into_iter().filter(|id| self.departments.get().is_none_or(|names| names.contains_key(id)));
        let mut all: Vec<(String, String)> = known.map(|id| (self.department(&id, language), id)).map(|(name, id)| (id, name)).collect();
        all.sort_by(|a, b| a.1.cmp(&b.1));
        all
    }

    /// How people call a department.
    pub(super) fn department(&self, id: &str, language: Language) -> String {
        let names = self.departments.get().and_then(|names| names.get(id));
        names.map_or_else(|| id.to_owned(), |[nl, en]| if language == Language::Dutch { nl.clone() } else { en.clone() })
    }

    /// A signature over a purpose (so that no token serves as another) and a text.
    pub(super) fn sign(&self, purpose: &str, text: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(text);
        context.sign()
    }

    /// Is it? In constant time.
    pub(super) fn verify(&self, purpose: &str, text: &[u8], signature: &[u8]) -> bool {
        let tag = self.sign(purpose, text);
        // Of a shortened signature the same part is compared.
        let expected = tag.as_ref().get(..signature.len()).unwrap_or_default();
        signature.len() >= 16 && aws_lc_rs::constant_time::verify_slices_are_equal(expected, signature).is_ok()
    }

    /// Erases a customer, and what this server's memory still holds of them.
    ///
    /// # Errors
    /// As [`Engine::erase`].
    pub async fn erase(&self, customer: Handle) -> Result<Erased, EngineError> {
        let erased = self.engine.erase(customer).await;
        // Also where something of it failed: the customer may be gone all the same.
        self.forget_unknown();
        erased
    }

    /// Forgets customers who are no longer known: after an erasure, and now and then, for those whose term ended.
    pub fn forget_unknown(&self) {
        self.replays.forget_unknown(&self.engine);
        self.sessions.forget(|customer| !self.engine.knows(customer));
        self.pace.forget(|customer| !self.engine.knows(customer));
        self.pace.tidy(self.engine.now());
    }

    /// Ends the visits of those who left without a word: half an hour without a request. Call it now and then.
    pub async fn end_idle_visits(&self) {
        for (customer, visit) in self.sessions.take_idle(self.engine.now()) {
            self.end_visit(customer, &visit).await;
        }
    }

    /// Ends one visit; an erased customer has none left to end.
    pub(crate) async fn end_visit(&self, customer: Handle, visit: &str) {
        if let Err(error) = self.engine.end_visit(customer, visit).await
            && !matches!(error, EngineError::UnknownCustomer)
        {
            tracing::warn!(code = error.code(), "a visit could not be ended");
        }
    }
}
