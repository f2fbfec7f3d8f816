//! The policy in force with everything precomputed from it, and the keys by which identifiers are looked up.

use std::sync::Arc;

use aws_lc_rs::hmac;
use regie_domain::consent::{self, Consents, Keeping, Known, PurposeState, State, UntilWish};
use regie_domain::fact::{Identifier, Until, VisitId};
use regie_domain::policy::limits::PURPOSES_MAX;
use regie_domain::policy::{Basis, Categories, CategoryIx, Policy, Retention, Trust};
use regie_domain::time::Time;
use serde::Serialize;

use super::contribution::Asked;
use super::error::EngineError;
use super::settings::Settings;
use super::views::identities::IdentifierHash;

/// Everything that folding and deciding need besides facts. Immutable: a policy is adopted at a start.
#[derive(Debug)]
pub(super) struct Rules {
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// The ids that the engine asks about.
    pub asked: Asked,
    /// How recommendations are made.
    pub settings: Settings,
    /// What may be kept, precomputed.
    pub keeping: Keeping,
    /// Versions of policies that were in force before, oldest first: a choice may have been made by their wording.
    pub earlier_versions: Vec<String>,
    /// By version and purpose: wordings that no yes can rest on any more.
    pub outdated: Vec<(String, String)>,
    /// Per category: no field of it can end sooner than so many seconds after it happened.
    floors: Vec<u32>,
    lookup: hmac::Key,
    suppression: hmac::Key,
}

impl Rules {
    /// The end to record for a wish made now. A day, week or month more than an end that `stands` counts from that end, not from now. While
    /// the clock is doubted, what would be over by the moment to judge by is refused.
    ///
    /// # Errors
    /// [`EngineError::Until`], [`EngineError::TimeDoubted`].
    pub(super) fn until(
        &self,
        wish: UntilWish,
        stands: Option<Time>,
        visit: Option<VisitId>,
        (now, judge): (Time, Time),
    ) -> Result<Until, EngineError> {
        let from = match wish {
            UntilWish::Day | UntilWish::Week | UntilWish::Month => stands.map_or(now, |end| end.max(now)),
            _ => now,
        };
        match consent::resolve_until(wish, from, &self.policy.time_zone, visit)? {
            Until::Moment(end) if end <= judge => Err(EngineError::TimeDoubted),
            until => Ok(until),
        }
    }

    /// Precomputes. `lookup` and `suppression` are the store's service keys.
    pub(super) fn new(policy: Policy, settings: Settings, lookup: &[u8; 32], suppression: &[u8; 32]) -> Rules {
        let floors = (0..policy.categories.len()).map(|c| floor(&policy, c)).collect();
        Rules {
            asked: Asked::of(&policy),
            settings,
            keeping: Keeping::new(&policy),
            earlier_versions: Vec::new(),
            outdated: Vec::new(),
            floors,
            lookup: hmac::Key::new(hmac::HMAC_SHA256, lookup),
            suppression: hmac::Key::new(hmac::HMAC_SHA256, suppression),
            policy: Arc::new(policy),
        }
    }

    /// The policy in force, to be held for as long as it takes.
    pub(super) fn shared_policy(&self) -> Arc<Policy> {
        self.policy.clone()
    }

    /// What a choice is checked against.
    pub(super) fn known(&self) -> Known<'_> {
        Known { policy: &self.policy, earlier_versions: &self.earlier_versions, outdated: &self.outdated }
    }

    /// The keyed hash by which an identifier is looked up: the first 128 bits of an HMAC-SHA-256.
    pub(super) fn hash(&self, identifier: &Identifier) -> IdentifierHash {
        let tag = keyed(&self.lookup, identifier);
        let mut half = [0; 16];
        half.copy_from_slice(&tag.as_ref()[..16]);
        IdentifierHash(u128::from_le_bytes(half))
    }

    /// The keyed hash by which an erased identifier is refused; its key serves nothing else.
    pub(super) fn suppression_hash(&self, identifier: &Identifier) -> String {
        hex(keyed(&self.suppression, identifier).as_ref())
    }

    /// The keyed hash by which a retry is known; 0 is left for "no message id".
    pub(super) fn message_hash(&self, source: &str, message_id: &str) -> u64 {
        self.text_hash(["message", source, message_id]).max(1)
    }

    /// A keyed hash by which one e-mail address is told from another, capitals aside; two of a customer's are alike by chance once in 2³².
    #[expect(clippy::cast_possible_truncation, reason = "the low half")]
    pub(super) fn address_hash(&self, address: &str) -> u32 {
        self.text_hash(["address", "", &address.trim().to_lowercase()]) as u32
    }

    fn text_hash(&self, parts: [&str; 3]) -> u64 {
        let mut context = hmac::Context::with_key(&self.lookup);
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        let tag = context.sign();
        let mut eight = [0; 8];
        eight.copy_from_slice(&tag.as_ref()[..8]);
        u64::from_le_bytes(eight)
    }

    /// Of which categories each purpose that holds for the customer keeps anything.
    pub(super) fn keeps(&self, consents: &Consents, customer: u32, now: Time) -> Keeps {
        let states = consents.state(&self.policy, customer, now);
        let holds = |s: &PurposeState| match s.basis {
            Basis::Consent => s.state == Some(State::Given),
            Basis::LegitimateInterest => !s.objected,
            Basis::Contract | Basis::LegalObligation => true,
        };
        let mut keeps = Keeps([Categories::NONE; PURPOSES_MAX]);
        for s in states.into_iter().filter(holds) {
            let retention = &self.policy.at(s.purpose).retention;
            let kept =
                s.cover.categories.iter().filter(|c| matches!(retention.get(usize::from(c.0)), Some(Some(r)) if *r != Retention::None));
            if let Some(place) = keeps.0.get_mut(usize::from(s.purpose.0)) {
                *place = kept.collect();
            }
        }
        keeps
    }

    /// Is what this source says of a person a claim that anybody could have made? A browser's is: no contract or law rests on it, and no
    /// interest outweighs that it may be somebody else's address.
    pub(super) fn claims(&self, source: &str) -> bool {
        self.policy.source(source).is_some_and(|source| source.trust == Trust::Browser)
    }

    /// No field of this category can end sooner than so many seconds after it happened.
    pub(super) fn floor(&self, category: Option<CategoryIx>) -> u32 {
        category.and_then(|c| self.floors.get(c.0 as usize).copied()).unwrap_or(86_400)
    }
}

/// What purposes keep for one customer, see [`Rules::keeps`]. By purpose, because terms and an event's own exclusions differ
/// between purposes that keep the same category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keeps([Categories; PURPOSES_MAX]);

impl Keeps {
    /// Is everything still kept that was before?
    pub(super) fn cover(&self, before: &Keeps) -> bool {
        self.0.iter().zip(before.0).all(|(now, before)| now.covers(before))
    }
}

/// A keyed hash of an identifier; each use of one has a key of its own.
pub(super) fn keyed(key: &hmac::Key, identifier: &Identifier) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    let kind = [identifier.kind as u8];
    for part in [identifier.space.as_bytes(), &kind, identifier.value.as_bytes()] {
        context.update(&(part.len() as u64).to_le_bytes());
        context.update(part);
    }
    context.sign()
}

fn floor(policy: &Policy, category: usize) -> u32 {
    let shortest = policy.purposes.iter().filter_map(|p| match p.retention.get(category).copied().flatten()? {
        Retention::None => None,
        // Twenty-eight days a month is never more than the calendar says.
        Retention::For { months, days } => Some((u32::from(months) * 28 + u32::from(days)) * 86_400),
        Retention::YearsFromYearEnd(years) => Some(u32::from(years) * 365 * 86_400),
    });
    shortest.min().unwrap_or(86_400).max(86_400)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes from hexadecimal digits, of either case; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Random bytes from the operating system.
///
/// # Errors
/// [`NoRandomness`] where the system has none to give; nothing can be sealed then either.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("the operating system gave no random bytes")]
pub struct NoRandomness;
