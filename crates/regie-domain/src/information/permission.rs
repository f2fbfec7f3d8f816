//! May this item be used now? A statement is a consent of its own, and the purpose's own standing can only take away from it.
//!
//! Invariant: what somebody said no to stays no. A statement carries a use only where the purpose is neither objected to, nor restricted
//! since, nor closed to minors, and only what it names itself; a consent for the whole purpose adds nothing to it.

use super::told::{Told, ToldError};
use super::{CATEGORY, InformationItem};
use serde::{Serialize, Serializer};

use crate::consent::{
    ChoiceError, ClaimedEvidence, Decision, Ends, Give, Known, Reason, Restrictions, Standing, UntilError, Use, validate_give,
};
use crate::fact::{Actor, Chosen, Consenter, Evidence, Until};
use crate::policy::{Basis, Policy};
use crate::time::Time;

/// What a customer permitted with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// For what: the purpose's id.
    pub purpose: String,
    /// Who may use it: recipient ids.
    pub recipients: Vec<String>,
    /// Its end.
    pub until: Until,
    /// A guardian stated it.
    pub by_guardian: bool,
    /// The customer hid it: kept for the customer alone.
    pub hidden: bool,
    /// It was stated while its purpose was restricted: the customer's consent for this very use (Article 18(2)).
    pub despite_restriction: bool,
}

/// How a statement stands, for the customer to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldState {
    /// It may be used.
    InUse,
    /// Not the retailer, but somebody whom it names may use it.
    Shared,
    /// The customer hid it.
    Hidden,
    /// Something else forbids its use.
    Held(Reason),
}

impl ToldState {
    /// The API's word.
    pub fn code(self) -> &'static str {
        match self {
            ToldState::InUse => "in_use",
            ToldState::Shared => "shared",
            ToldState::Hidden => "hidden",
            ToldState::Held(reason) => reason.code(),
        }
    }

    /// May anybody use it?
    pub fn is_used(self) -> bool {
        matches!(self, ToldState::InUse | ToldState::Shared)
    }
}

impl Serialize for ToldState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Permission {
    /// Who may use it of those whom the policy still names for its purpose.
    pub fn named(&self, policy: &Policy) -> Vec<String> {
        let purpose = policy.purpose(&self.purpose).map(|ix| policy.at(ix));
        let serves = |id: &String| policy.recipient(id).is_some_and(|r| r.0 == 0 || purpose.is_some_and(|p| p.recipients.has(r)));
        self.recipients.iter().filter(|id| serves(id)).cloned().collect()
    }

    /// Do these restrictions cover its use?
    pub fn is_restricted(&self, policy: &Policy, restrictions: &Restrictions) -> bool {
        let told_for = policy.purpose(&self.purpose).zip(policy.category(CATEGORY));
        told_for.is_some_and(|(purpose, category)| restrictions.covers(purpose, category))
    }

    /// Has it ended by itself?
    pub fn is_over(&self, now: Time) -> bool {
        matches!(self.until, Until::Moment(at) if now >= at)
    }

    /// May this use of the item happen? `barred` is what forbids the use whatever permission there is ([`Consents::barred`]). O(recipients),
    /// no allocation.
    ///
    /// [`Consents::barred`]: crate::consent::Consents::barred
    pub fn judge(&self, policy: &Policy, barred: Option<Reason>, consenter: Option<Consenter>, asked: &Use, now: Time) -> Decision {
        if let Some(reason) = barred.filter(|reason| *reason != Reason::Restricted || !self.despite_restriction) {
            return Decision::Deny(reason);
        }
        let Some(purpose) = policy.purposes.get(usize::from(asked.purpose.0)) else { return Decision::Deny(Reason::Unknown) };
        // Of a customer with a guardian the whole category is denied until the guardian consents to it; the statement may be the guardian's.
        if purpose.not_for_minors && consenter == Some(Consenter::Guardian) {
            return Decision::Deny(Reason::Minor);
        }
        let in_purpose = purpose.id == self.purpose && purpose.basis == Basis::Consent && purpose.categories.has(asked.category);
        let recipient = policy.recipients.get(usize::from(asked.recipient.0));
        let denied = if !in_purpose {
            Reason::CategoryNotCovered
        } else if self.hidden {
            Reason::Withdrawn
        } else if self.is_over(now) {
            Reason::Expired
        } else if consenter.is_some_and(|c| (c == Consenter::Guardian) != self.by_guardian) {
            Reason::Minor
        } else if !(asked.recipient.0 == 0 || purpose.recipients.has(asked.recipient))
            || recipient.is_none_or(|r| !self.recipients.contains(&r.id))
        {
            Reason::RecipientNotCovered
        } else if asked.channel.is_some_and(|channel| !purpose.channels.has(channel)) {
            Reason::ChannelNotCovered
        } else {
            let until = match self.until {
                Until::Moment(at) => Ends::Moment(at),
                Until::Withdrawn => Ends::Withdrawn,
                Until::Once => Ends::Once,
                Until::Visit(visit) if asked.visit == Some(visit) => Ends::Visit,
                Until::Visit(_) => return Decision::Deny(Reason::Expired),
            };
            return Decision::Allow { basis: Basis::Consent, until };
        };
        Decision::Deny(denied)
    }
}

/// Why a statement was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The value.
    #[error(transparent)]
    Told(#[from] ToldError),
    /// The permission that comes with it.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// Its end.
    #[error(transparent)]
    Until(#[from] UntilError),
    /// What says something about faith or health needs a permission that was asked for in so many words (Article 9).
    #[error("this value can say something about faith or health: it needs `evidence` that the customer was asked for exactly this")]
    NotExplicit,
    /// For once is for a purpose as a whole.
    #[error("an item cannot be told for once: choose `visit`, `P1D`, a date, …")]
    Once,
    /// Nothing of the kind was told, or it has ended.
    #[error("the customer tells nothing of the kind now")]
    NotTold,
    /// Hidden: another end would show it again without a word.
    #[error("it is hidden: show it again first")]
    Hidden,
    /// Its use is restricted: another end would permit it again without a word.
    #[error("its use is restricted: lift the restriction first, or tell it again")]
    Restricted,
}

impl StateError {
    /// The API's word.
    pub fn code(&self) -> &'static str {
        match self {
            StateError::Told(e) => e.code(),
            StateError::Choice(e) => e.code(),
            StateError::Until(e) => e.code(),
            StateError::NotExplicit => "explicit_permission_needed",
            StateError::Once => "until_once",
            StateError::NotTold => "information_unknown",
            StateError::Hidden => "information_hidden",
            StateError::Restricted => "information_restricted",
        }
    }
}

/// The recipients and the evidence to record with a statement of `told` for a customer who stands at `standing`. Without evidence the
/// caller's system vouches for it, which is not enough for a special value or a guardian.
///
/// # Errors
/// See [`StateError`]: whatever a consent for the same purpose and category would be refused for, and [`StateError::NotExplicit`].
pub fn validate_statement(
    known: Known<'_>,
    standing: &Standing,
    told: &Told,
    purpose: &str,
    recipients: Option<&[String]>,
    until: Until,
    evidence: Option<&ClaimedEvidence>,
) -> Result<(Vec<String>, Evidence), StateError> {
    if until == Until::Once {
        return Err(StateError::Once);
    }
    if told.is_special() && evidence.is_none() {
        return Err(StateError::NotExplicit);
    }
    let vouched =
        ClaimedEvidence { policy_version: None, language: Some("und".into()), method: Some("api".into()), actor: Some("source".into()) };
    let give = Give {
        purpose,
        categories: Some(&[CATEGORY.to_owned()]),
        recipients,
        channels: None,
        until,
        evidence: Some(evidence.unwrap_or(&vouched)),
    };
    match validate_give(known, standing, &give)? {
        (Chosen::Given { recipients, .. }, evidence) => Ok((recipients, evidence)),
        _ => Err(StateError::NotTold),
    }
}

/// The evidence of a removal or of hiding. It needs none: ending is as easy as telling.
///
/// # Errors
/// [`StateError::Choice`] for evidence that cannot be true.
pub fn validate_removal(known: Known<'_>, evidence: Option<&ClaimedEvidence>) -> Result<Option<Evidence>, StateError> {
    Ok(evidence.map(|claimed| crate::consent::validate_evidence(known, Some(claimed))).transpose()?)
}

/// Did a guardian say it?
pub(super) fn by_guardian(evidence: &Evidence) -> bool {
    evidence.actor == Actor::Guardian
}

impl From<&crate::fact::InformationStated> for Permission {
    fn from(stated: &crate::fact::InformationStated) -> Permission {
        Permission {
            purpose: stated.purpose.clone(),
            recipients: stated.recipients.clone(),
            until: stated.until,
            by_guardian: by_guardian(&stated.evidence),
            hidden: false,
            despite_restriction: false,
        }
    }
}

/// Which item, for messages.
impl std::fmt::Display for InformationItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
