//! From what somebody asked to record to the choice that is recorded.
//!
//! Invariant: what comes out names only what the policy's purpose declares, is never wider than what was asked for, and carries
//! its evidence; names stand in the policy's order, each once. Left out: whether the caller may speak for this customer.

use serde::Deserialize;

use super::restrict::Part;
use super::shapes::Cover;
use super::standing::Standing;
use crate::fact::{Actor, Chosen, Consenter, Evidence, RestrictedPart, Until};
use crate::policy::{Basis, Categories, CategoryIx, Channels, Policy, Purpose, PurposeIx, RecipientIx, Recipients};

/// The languages of a policy's wording, BCP 47.
const LANGUAGES: [&str; 2] = ["nl", "en"];

/// What a caller says about how a choice was made. Which fields it must have, [`validate_evidence`] says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimedEvidence {
    /// The version of the policy whose wording the customer saw; the current one if absent.
    pub policy_version: Option<String>,
    /// The language of that wording, BCP 47.
    pub language: Option<String>,
    /// `portal`, `shop`, `checkout`, `paper`, `telephone` …
    pub method: Option<String>,
    /// `customer`, `guardian`, `staff` or `source`.
    pub actor: Option<String>,
}

/// A consent that somebody asks to record.
#[derive(Debug, Clone, Copy)]
pub struct Give<'a> {
    /// The purpose's id.
    pub purpose: &'a str,
    /// Category ids; those that the purpose marks as necessary if absent, special ones left out.
    pub categories: Option<&'a [String]>,
    /// Recipient ids; the retailer alone if absent.
    pub recipients: Option<&'a [String]>,
    /// Channel ids; those that the purpose marks as necessary if absent.
    pub channels: Option<&'a [String]>,
    /// Its end.
    pub until: Until,
    /// What proves it.
    pub evidence: Option<&'a ClaimedEvidence>,
}

/// The policy versions whose wording a customer can have seen: the current one, and those adopted before it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The policy in force.
    pub policy: &'a Policy,
    /// Earlier versions.
    pub earlier_versions: &'a [String],
    /// Of earlier versions, those whose wording of a purpose (its id) no yes can rest on any more: it changed materially since.
    pub outdated: &'a [(String, String)],
}

/// What an id should have named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// A purpose.
    Purpose,
    /// A category of the purpose.
    Category,
    /// A recipient of the purpose.
    Recipient,
    /// A channel of the purpose.
    Channel,
}

impl Named {
    fn word(self) -> &'static str {
        match self {
            Named::Purpose => "purpose",
            Named::Category => "category",
            Named::Recipient => "recipient",
            Named::Channel => "channel",
        }
    }
}

/// Why a choice cannot be recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The policy has no such id.
    #[error("unknown {} `{id}`: choose from {}", what.word(), choices.join(", "))]
    Unknown {
        /// What it should have named.
        what: Named,
        /// What was written, at most 64 characters of it.
        id: String,
        /// What there is.
        choices: Vec<String>,
    },
    /// The policy has it no more: a newer one dropped it.
    #[error("the purpose `{purpose}` was dropped by a newer policy: nothing is done for it any more, and nothing can be chosen about it")]
    PurposeDropped {
        /// Its id.
        purpose: String,
    },
    /// The policy has it, but this purpose does not use it.
    #[error("the purpose does not use the {} `{id}`: choose from {}", what.word(), choices.join(", "))]
    OutsidePurpose {
        /// What was named.
        what: Named,
        /// Its id.
        id: String,
        /// What the purpose uses.
        choices: Vec<String>,
    },
    /// Nothing is left to consent to.
    #[error("name at least one {} of {}", what.word(), choices.join(", "))]
    NothingChosen {
        /// What is missing.
        what: Named,
        /// What the purpose uses.
        choices: Vec<String>,
    },
    /// Contract, law and legitimate interest are not the customer's to permit.
    #[error("the purpose `{purpose}` does not rest on consent")]
    PurposeNotConsentBased {
        /// Its id.
        purpose: String,
    },
    /// Article 21 reaches a legitimate interest and direct marketing only.
    #[error("the purpose `{purpose}` cannot be objected to")]
    PurposeNotObjectable {
        /// Its id.
        purpose: String,
    },
    /// No evidence, or a part of it is missing or cannot be true.
    #[error("a choice needs evidence: `{field}` is missing or not valid")]
    EvidenceMissing {
        /// `evidence`, `language`, `method` or `actor`.
        field: &'static str,
    },
    /// Nobody can have read a wording in a language that the policy has none in.
    #[error("the policy has no wording in the language of this evidence: it has `nl` and `en`")]
    LanguageUnknown,
    /// Nobody can have seen the wording of a policy that was never adopted.
    #[error("no policy of this version was ever in force")]
    PolicyVersionUnknown,
    /// A yes to another wording: what the purpose does changed materially since.
    #[error("the wording of `{purpose}` changed materially since that version: ask with the current one")]
    WordingOutdated {
        /// Its id.
        purpose: String,
    },
    /// The customer objected to this direct marketing; that is to be taken back in so many words.
    #[error("the customer objected to `{purpose}`: end the objection first")]
    Objected {
        /// Its id.
        purpose: String,
    },
    /// No such restriction stands.
    #[error("this is not restricted")]
    NotRestricted,
    /// Article 18(3): the customer is told before somebody else lifts a restriction.
    #[error("the customer has to be told before a restriction is lifted")]
    NotTold,
    /// No objection waits to be weighed.
    #[error("no objection to `{purpose}` waits to be weighed")]
    NothingToWeigh {
        /// Its id.
        purpose: String,
    },
    /// Nothing of significant effect is decided for this purpose.
    #[error("nothing is decided for the purpose `{purpose}` that could be contested")]
    NotContestable {
        /// Its id.
        purpose: String,
    },
    /// No such contest waits for an answer.
    #[error("no contest of this id waits for an answer")]
    NoSuchContest,
    /// Somebody answered it, otherwise.
    #[error("this contest was answered, and the first answer is the answer")]
    ContestAnswered,
    /// A guardian has to give it.
    #[error("a guardian has to give this consent")]
    GuardianNeeded,
    /// The customer consents alone.
    #[error("nobody consents for this customer but the customer: say first that a guardian does")]
    NoGuardian,
    /// Nobody can give it for a minor.
    #[error("the purpose `{purpose}` is not for minors")]
    NotForMinors {
        /// Its id.
        purpose: String,
    },
}

impl ChoiceError {
    /// The API's word.
    pub fn code(&self) -> &'static str {
        match self {
            ChoiceError::Unknown { what: Named::Purpose, .. } => "purpose_unknown",
            ChoiceError::Unknown { what: Named::Category, .. } => "category_unknown",
            ChoiceError::Unknown { what: Named::Recipient, .. } => "recipient_unknown",
            ChoiceError::Unknown { what: Named::Channel, .. } => "channel_unknown",
            ChoiceError::PurposeDropped { .. } => "purpose_dropped",
            ChoiceError::OutsidePurpose { what: Named::Category | Named::Purpose, .. } => "category_outside_purpose",
            ChoiceError::OutsidePurpose { what: Named::Recipient, .. } => "recipient_outside_purpose",
            ChoiceError::OutsidePurpose { what: Named::Channel, .. } => "channel_outside_purpose",
            ChoiceError::NothingChosen { .. } => "nothing_chosen",
            ChoiceError::PurposeNotConsentBased { .. } => "purpose_not_consent_based",
            ChoiceError::PurposeNotObjectable { .. } => "purpose_not_objectable",
            ChoiceError::EvidenceMissing { .. } => "evidence_missing",
            ChoiceError::LanguageUnknown => "evidence_language_unknown",
            ChoiceError::PolicyVersionUnknown => "policy_version_unknown",
            ChoiceError::WordingOutdated { .. } => "wording_outdated",
            ChoiceError::Objected { .. } => "objected",
            ChoiceError::NotRestricted => "not_restricted",
            ChoiceError::NotTold => "customer_not_told",
            ChoiceError::NothingToWeigh { .. } => "nothing_to_weigh",
            ChoiceError::NotContestable { .. } => "purpose_not_contestable",
            ChoiceError::NoSuchContest => "contest_unknown",
            ChoiceError::ContestAnswered => "contest_answered",
            ChoiceError::GuardianNeeded => "guardian_needed",
            ChoiceError::NoGuardian => "no_guardian",
            ChoiceError::NotForMinors { .. } => "not_for_minors",
        }
    }
}

/// The consent to record, with its evidence, for a customer who stands at `standing`.
///
/// # Errors
/// See [`ChoiceError`].
pub fn validate_give(known: Known<'_>, standing: &Standing, give: &Give<'_>) -> Result<(Chosen, Evidence), ChoiceError> {
    let policy = known.policy;
    let (ix, purpose) = consent_purpose(known, give.purpose)?;
    let evidence = validate_evidence(known, give.evidence)?;
    // A yes rests on the wording that was read; the policy's stands in these languages alone. A system that vouches read none.
    let primary = evidence.language.split(['-', '_']).next().unwrap_or_default();
    let vouched = evidence.actor == Actor::Source && primary == "und";
    if !vouched && !LANGUAGES.iter().any(|known| known.eq_ignore_ascii_case(primary)) {
        return Err(ChoiceError::LanguageUnknown);
    }
    if known.outdated.iter().any(|(version, id)| *version == evidence.policy_version && *id == purpose.id) {
        return Err(ChoiceError::WordingOutdated { purpose: purpose.id.clone() });
    }
    if standing.is_minor() && purpose.not_for_minors {
        return Err(ChoiceError::NotForMinors { purpose: purpose.id.clone() });
    }
    match (standing.consenter, evidence.actor) {
        (Some(Consenter::Guardian), Actor::Guardian) => {}
        (Some(Consenter::Guardian), _) => return Err(ChoiceError::GuardianNeeded),
        (Some(Consenter::Customer), Actor::Guardian) => return Err(ChoiceError::NoGuardian),
        _ => {}
    }
    if purpose.direct_marketing && standing.objected.has(ix) {
        return Err(ChoiceError::Objected { purpose: purpose.id.clone() });
    }

    let necessary = Cover::necessary(policy, purpose);
    let categories: Categories = match give.categories {
        None => necessary.categories,
        Some(ids) => chosen(
            Named::Category,
            ids,
            |id| policy.category(id),
            |c: CategoryIx| purpose.categories.has(c),
            &names(policy, purpose, Named::Category),
            &all(policy, Named::Category),
        )?,
    };
    let recipients: Recipients = match give.recipients {
        None => necessary.recipients,
        Some(ids) => chosen(
            Named::Recipient,
            ids,
            |id| policy.recipient(id),
            |r: RecipientIx| purpose.recipients.has(r),
            &names(policy, purpose, Named::Recipient),
            &all(policy, Named::Recipient),
        )?,
    };
    let channels: Channels = match give.channels {
        None => necessary.channels,
        Some(ids) => chosen(
            Named::Channel,
            ids,
            |id| policy.channel(id),
            |c| purpose.channels.has(c),
            &names(policy, purpose, Named::Channel),
            &all(policy, Named::Channel),
        )?,
    };
    // A consent to nothing, by nobody or nowhere would read as a consent.
    let nowhere = channels.is_empty() && !purpose.channels.is_empty();
    for (what, nothing) in [(Named::Category, categories.is_empty()), (Named::Recipient, recipients.is_empty()), (Named::Channel, nowhere)]
    {
        if nothing {
            return Err(ChoiceError::NothingChosen { what, choices: names(policy, purpose, what) });
        }
    }
    Ok((Cover { recipients, categories, channels }.given(policy, give.until), evidence))
}

/// The refusal to record.
///
/// # Errors
/// See [`ChoiceError`].
pub fn validate_refusal(known: Known<'_>, purpose: &str, evidence: Option<&ClaimedEvidence>) -> Result<(Chosen, Evidence), ChoiceError> {
    consent_purpose(known, purpose)?;
    Ok((Chosen::Refused, validate_evidence(known, evidence)?))
}

/// The withdrawal to record. It needs no evidence and no reason: withdrawing is as easy as giving.
///
/// # Errors
/// See [`ChoiceError`].
pub fn validate_withdrawal(
    known: Known<'_>,
    purpose: &str,
    evidence: Option<&ClaimedEvidence>,
) -> Result<(Chosen, Option<Evidence>), ChoiceError> {
    consent_purpose(known, purpose)?;
    let evidence = evidence.map(|claimed| validate_evidence(known, Some(claimed))).transpose()?;
    Ok((Chosen::Withdrawn, evidence))
}

/// The objection (or its end, if `ended`) to record: to a legitimate interest, or to direct marketing on whatever basis. An
/// objection needs no evidence; ending one is a choice that the customer must be shown to have made.
///
/// # Errors
/// See [`ChoiceError`].
pub fn validate_objection(
    known: Known<'_>,
    purpose: &str,
    ended: bool,
    evidence: Option<&ClaimedEvidence>,
) -> Result<(Chosen, Option<Evidence>), ChoiceError> {
    let (_, declared) = find_purpose(known, purpose)?;
    if declared.basis != Basis::LegitimateInterest && !declared.direct_marketing {
        return Err(ChoiceError::PurposeNotObjectable { purpose: declared.id.clone() });
    }
    if ended {
        return Ok((Chosen::ObjectionEnded, Some(validate_evidence(known, evidence)?)));
    }
    let evidence = evidence.map(|claimed| validate_evidence(known, Some(claimed))).transpose()?;
    Ok((Chosen::Objected, evidence))
}

/// The outcome of weighing to record, with its evidence: by whom of the retailer's, and how the customer was told of it and of the reasons.
///
/// # Errors
/// [`ChoiceError::NothingToWeigh`] unless an objection to it waits; [`ChoiceError::EvidenceMissing`] also where somebody else than staff is
/// named.
pub fn validate_weighing(
    known: Known<'_>,
    standing: &Standing,
    purpose: &str,
    evidence: Option<&ClaimedEvidence>,
) -> Result<Evidence, ChoiceError> {
    let (ix, declared) = find_purpose(known, purpose)?;
    if !standing.weighing.has(ix) {
        return Err(ChoiceError::NothingToWeigh { purpose: declared.id.clone() });
    }
    by_staff(known, evidence)
}

/// The evidence of contesting what was decided for a purpose; none is needed.
///
/// # Errors
/// [`ChoiceError::NotContestable`] unless the policy declares that decisions of significant effect are made for it; see [`ChoiceError`].
pub fn validate_contest(known: Known<'_>, purpose: &str, evidence: Option<&ClaimedEvidence>) -> Result<Option<Evidence>, ChoiceError> {
    let (_, declared) = find_purpose(known, purpose)?;
    if declared.contest.is_none() {
        return Err(ChoiceError::NotContestable { purpose: declared.id.clone() });
    }
    evidence.map(|claimed| validate_evidence(known, Some(claimed))).transpose()
}

/// The evidence of an answer to it: by a person of the retailer.
///
/// # Errors
/// [`ChoiceError::EvidenceMissing`] also where somebody else than staff is named.
pub fn validate_contest_answer(known: Known<'_>, evidence: Option<&ClaimedEvidence>) -> Result<Evidence, ChoiceError> {
    by_staff(known, evidence)
}

fn by_staff(known: Known<'_>, evidence: Option<&ClaimedEvidence>) -> Result<Evidence, ChoiceError> {
    let evidence = validate_evidence(known, evidence)?;
    if evidence.actor == Actor::Staff { Ok(evidence) } else { Err(ChoiceError::EvidenceMissing { field: "actor" }) }
}

/// The restriction to record (Article 18), of a purpose and a category that the policy has. It needs no evidence.
///
/// # Errors
/// See [`ChoiceError`].
pub fn validate_restriction(
    known: Known<'_>,
    part: &RestrictedPart,
    evidence: Option<&ClaimedEvidence>,
) -> Result<(Part, Option<Evidence>), ChoiceError> {
    let policy = known.policy;
    let purpose = part.purpose.as_deref().map(|id| find_purpose(known, id)).transpose()?.map(|(ix, _)| ix);
    let unknown = |id: &str| ChoiceError::Unknown { what: Named::Category, id: shown(id), choices: all(policy, Named::Category) };
    let category = part.category.as_deref().map(|id| policy.category(id).ok_or_else(|| unknown(id))).transpose()?;
    if let (Some(purpose), Some(category)) = (purpose, category) {
        let declared = policy.at(purpose);
        if !declared.categories.has(category) {
            let id = part.category.clone().unwrap_or_default();
            return Err(ChoiceError::OutsidePurpose { what: Named::Category, id, choices: names(policy, declared, Named::Category) });
        }
    }
    let evidence = evidence.map(|claimed| validate_evidence(known, Some(claimed))).transpose()?;
    Ok((Part { purpose, category }, evidence))
}

/// The evidence to record (Article 7(1)): which wording in which language, how, and by whom.
///
/// # Errors
/// [`ChoiceError::EvidenceMissing`], [`ChoiceError::PolicyVersionUnknown`].
pub fn validate_evidence(known: Known<'_>, claimed: Option<&ClaimedEvidence>) -> Result<Evidence, ChoiceError> {
    let missing = |field| ChoiceError::EvidenceMissing { field };
    let claimed = claimed.ok_or(missing("evidence"))?;
    let word = |text: &Option<String>, field| match text {
        Some(text) if is_word(text) => Ok(text.clone()),
        _ => Err(missing(field)),
    };
    let language = word(&claimed.language, "language")?;
    let method = word(&claimed.method, "method")?;
    let actor = match claimed.actor.as_deref() {
        Some("customer") => Actor::Customer,
        Some("guardian") => Actor::Guardian,
        Some("staff") => Actor::Staff,
        Some("source") => Actor::Source,
        _ => return Err(missing("actor")),
    };
    let policy_version = match &claimed.policy_version {
        None => known.policy.version.clone(),
        Some(version) if *version == known.policy.version || known.earlier_versions.contains(version) => version.clone(),
        Some(_) => return Err(ChoiceError::PolicyVersionUnknown),
    };
    Ok(Evidence { policy_version, language, method, actor })
}

/// One short word, so that nobody's name or address ends up in what is kept the longest.
fn is_word(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn find_purpose<'p>(known: Known<'p>, id: &str) -> Result<(PurposeIx, &'p Purpose), ChoiceError> {
    let policy = known.policy;
    let unknown = || match known.outdated.iter().find(|(_, purpose)| purpose == id) {
        Some((_, purpose)) => ChoiceError::PurposeDropped { purpose: purpose.clone() },
        None => ChoiceError::Unknown { what: Named::Purpose, id: shown(id), choices: all(policy, Named::Purpose) },
    };
    policy.purpose(id).map(|ix| (ix, policy.at(ix))).ok_or_else(unknown)
}

fn consent_purpose<'p>(known: Known<'p>, id: &str) -> Result<(PurposeIx, &'p Purpose), ChoiceError> {
    let (ix, purpose) = find_purpose(known, id)?;
    if purpose.basis == Basis::Consent {
        Ok((ix, purpose))
    } else {
        Err(ChoiceError::PurposeNotConsentBased { purpose: purpose.id.clone() })
    }
}

fn chosen<Ix: Copy, Set: FromIterator<Ix>>(
    what: Named,
    ids: &[String],
    find: impl Fn(&str) -> Option<Ix>,
    uses: impl Fn(Ix) -> bool,
    used: &[String],
    known: &[String],
) -> Result<Set, ChoiceError> {
    ids.iter()
        .map(|id| match find(id) {
            None => Err(ChoiceError::Unknown { what, id: shown(id), choices: known.to_vec() }),
            Some(ix) if !uses(ix) => Err(ChoiceError::OutsidePurpose { what, id: id.clone(), choices: used.to_vec() }),
            Some(ix) => Ok(ix),
        })
        .collect()
}

fn shown(id: &str) -> String {
    id.chars().take(64).collect()
}

fn all(policy: &Policy, what: Named) -> Vec<String> {
    match what {
        Named::Purpose => policy.purposes.iter().map(|p| p.id.clone()).collect(),
        Named::Category => policy.categories.iter().map(|c| c.id.clone()).collect(),
        Named::Recipient => policy.recipients.iter().map(|r| r.id.clone()).collect(),
        Named::Channel => policy.channels.iter().map(|c| c.id.clone()).collect(),
    }
}

/// What of a kind this purpose uses.
fn names(policy: &Policy, purpose: &Purpose, what: Named) -> Vec<String> {
    let used = |ix: usize| match (u8::try_from(ix), what) {
        (Ok(ix), Named::Category) => purpose.categories.has(CategoryIx(ix)),
        (Ok(ix), Named::Recipient) => purpose.recipients.has(RecipientIx(ix)),
        (Ok(ix), Named::Channel) => purpose.channels.has(crate::policy::ChannelIx(ix)),
        _ => false,
    };
    all(policy, what).into_iter().enumerate().filter(|(ix, _)| used(*ix)).map(|(_, id)| id).collect()
}
