//! What a policy may say, but somebody should look at before it is adopted.

use serde::Serialize;

use super::{Policy, Role};

/// Something to look at. The policy is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Where in the policy, e.g. `category[precise-location]`.
    pub key: String,
    /// A stable name for this kind of warning.
    pub code: &'static str,
    /// What was seen, and what to consider.
    pub message: String,
}

impl Policy {
    /// What somebody should look at, in the order of the policy.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |key: String, code, message: &str| warnings.push(Warning { key, code, message: message.to_owned() });
        for (key, contact) in [
            ("controller", &self.controller.contact),
            ("privacy_officer", &self.privacy_officer.contact),
            ("supervisory_authority", &self.supervisory_authority.contact),
        ] {
            if is_placeholder(contact) {
                warn(format!("{key}.contact"), "placeholder", "ends in .example: nobody can be reached there; write the real address");
            }
        }
        for (ix, category) in (0u8..).zip(&self.categories) {
            if !self.purposes.iter().any(|purpose| purpose.categories.has(super::CategoryIx(ix))) {
                warn(format!("category[{}]", category.id), "category_unused", "no purpose uses it: such data are never kept");
            }
        }
        for (ix, recipient) in (0u8..).zip(&self.recipients) {
            let key = format!("recipient[{}]", recipient.id);
            if !self.purposes.iter().any(|purpose| purpose.recipients.has(super::RecipientIx(ix))) {
                warn(key.clone(), "recipient_unused", "no purpose serves it: nothing is ever sent there");
            }
            if recipient.role == Role::Processor && recipient.erasure_contact.is_none() {
                warn(
                    key.clone(),
                    "processor_without_contact",
                    "a processor is instructed to erase (Article 28): consider `erasure_contact`",
                );
            }
            if recipient.erasure_contact.as_deref().is_some_and(is_placeholder) {
                warn(
                    format!("{key}.erasure_contact"),
                    "placeholder",
                    "ends in .example: nobody can be reached there; write the real address",
                );
            }
        }
        for (ix, channel) in (0u8..).zip(&self.channels) {
            if !self.purposes.iter().any(|purpose| purpose.channels.has(super::ChannelIx(ix))) {
                warn(format!("channel[{}]", channel.id), "channel_unused", "no purpose uses it");
            }
        }
        if self.purpose("visit-service").is_none() {
            warn("purpose".to_owned(), "no_visit_service", "without `visit-service`, nothing is recommended from the visit alone");
        }
        warnings
    }
}

/// `.example` is reserved for documentation (RFC 2606).
fn is_placeholder(contact: &str) -> bool {
    let host = contact.rsplit(['@']).next().unwrap_or(contact);
    host.trim_start_matches("https://").split('/').next().is_some_and(|host| host.ends_with(".example"))
}
