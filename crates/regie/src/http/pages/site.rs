//! What all pages share: the engine, the sessions, the key that signs tokens and links.

use std::sync::Arc;

use aws_lc_rs::hmac;
use regie_domain::ids::Handle;

use super::link::UsedLinks;
use super::session::Sessions;
use crate::engine::{self, Engine, EngineError};

/// What the pages stand on. Made once, shared by portal and shop.
#[derive(Debug)]
pub struct Site {
    /// The engine.
    pub engine: Engine,
    /// Who is here now.
    pub sessions: Sessions,
    /// The links that were used up.
    pub(super) used_links: UsedLinks,
    key: hmac::Key,
    /// Cookies travel over https only; off for http on loopback.
    pub secure: bool,
    /// Where the shop is, if this program serves one.
    pub shop: Option<&'static str>,
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
        Ok(Arc::new(Site { engine, sessions: Sessions::default(), used_links: UsedLinks::default(), key, secure, shop }))
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
