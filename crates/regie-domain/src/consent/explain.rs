//! Which rule decided, what the decision rests on, and what the customer could do about it.
//!
//! Invariant: the rule follows from the decision, the policy and the customer's own facts alone; it never decides anew. Codes are
//! stable; they name the rules of privacy that the project keeps (`rule_9_objection` is rule 9). Left out: sentences.

use super::decide::{Decision, Ends, Reason, Use};
use super::restrict::Part;
use crate::fact::{Chosen, Fact, Until};
use crate::policy::{Basis, Policy, Purpose};

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// The rule that decided.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$name,)*];

            /// The stable name.
            pub fn code(self) -> &'static str {
                match self {
                    $(Rule::$name => $code,)*
                }
            }
        }
    };
}

rules! {
    /// A consent holds.
    ConsentHolds = "rule_1_consent_holds",
    /// A consent's end has passed.
    Expired = "rule_1_expired",
    /// Silence is no consent.
    NeverAsked = "rule_2_never_asked",
    /// The customer said no.
    Refused = "rule_2_refused",
    /// The retailer ended it, because what it is for changed.
    Invalidated = "rule_2_invalidated",
    /// A consent for this visit holds.
    ThisVisit = "rule_3_this_visit",
    /// A consent for another visit, or one that is over.
    VisitEnded = "rule_3_visit_ended",
    /// A consent for once is there to be used.
    Once = "rule_3_once",
    /// It was used.
    UsedUp = "rule_3_used_up",
    /// The customer ended it.
    Withdrawn = "rule_4_withdrawn",
    /// This category is not part of it.
    CategoryNotCovered = "rule_5_category",
    /// This recipient is not part of it.
    RecipientNotCovered = "rule_5_recipient",
    /// This channel is not part of it.
    ChannelNotCovered = "rule_5_channel",
    /// The contract needs it.
    Contract = "rule_7_contract",
    /// The law demands it.
    LegalObligation = "rule_7_legal_obligation",
    /// A legitimate interest, and no objection.
    LegitimateInterest = "rule_7_legitimate_interest",
    /// It rested on a consent that is over; no other basis takes its place.
    NoOtherBasis = "rule_7_no_other_basis",
    /// A guardian has to consent.
    Guardian = "rule_8_guardian",
    /// It is not for minors.
    NotForMinors = "rule_8_not_for_minors",
    /// A special category that no consent names.
    Special = "rule_8a_special_category",
    /// The customer objected.
    Objection = "rule_9_objection",
    /// The customer objected, which is being weighed; what protects others goes on meanwhile.
    Weighing = "rule_9_weighing",
    /// Its use is restricted.
    Restriction = "rule_10_restriction",
    /// The customer's browser said no.
    Signal = "rule_21_signal",
    /// Its address was not given at a sale.
    NoSale = "rule_22_no_sale",
    /// This node is cut off from the truth.
    CutOff = "rule_29_cut_off",
}

/// What the customer could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Can {
    /// Stop it.
    Withdraw,
    /// Object.
    Object,
    /// Permit it, if they want to.
    Give,
    /// Permit more than they did.
    Widen,
    /// Take the objection back.
    EndObjection,
    /// Lift the restriction.
    Lift,
    /// Have a guardian choose.
    AskGuardian,
    /// Have what was decided by automated means explained, contest it, and get a person's review.
    Contest,
    /// Nothing: it is not the customer's to choose.
    Nothing,
}

impl Can {
    /// Everything that a customer could do.
    pub const ALL: [Can; 9] =
        [Can::Withdraw, Can::Object, Can::Give, Can::Widen, Can::EndObjection, Can::Lift, Can::AskGuardian, Can::Contest, Can::Nothing];

    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Can::Withdraw => "withdraw",
            Can::Object => "object",
            Can::Give => "give",
            Can::Widen => "widen",
            Can::EndObjection => "end_objection",
            Can::Lift => "lift_restriction",
            Can::Contest => "contest",
            Can::AskGuardian => "ask_guardian",
            Can::Nothing => "nothing",
        }
    }
}

/// Why a decision is what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Explanation<'f> {
    /// The rule.
    pub rule: Rule,
    /// The customer's own fact that it rests on, if there is one.
    pub rests_on: Option<&'f Fact>,
    /// What the customer could do.
    pub can: Can,
}

/// Explains a decision by the customer's facts, oldest first. Linear in the facts.
pub fn explain<'f>(policy: &Policy, used: &Use, decision: Decision, facts: &'f [Fact]) -> Explanation<'f> {
    let Some(purpose) = policy.purposes.get(usize::from(used.purpose.0)) else {
        return Explanation { rule: Rule::NeverAsked, rests_on: None, can: Can::Nothing };
    };
    let said =
        |is: &dyn Fn(&Chosen) -> bool| facts.iter().rev().find(|f| matches!(f, Fact::Chosen(c) if c.purpose == purpose.id && is(&c.what)));
    let given = || said(&|what| matches!(what, Chosen::Given { .. }));
    let (rule, rests_on) = match decision {
        Decision::Allow { basis: Basis::Consent, until } => {
            let rule = match until {
                Ends::Once => Rule::Once,
                Ends::Visit => Rule::ThisVisit,
                _ => Rule::ConsentHolds,
            };
            (rule, given())
        }
        Decision::Allow { basis: Basis::Contract, .. } => (Rule::Contract, None),
        Decision::Allow { basis: Basis::LegalObligation, .. } => (Rule::LegalObligation, None),
        Decision::Allow { basis: Basis::LegitimateInterest, .. } => match being_weighed(facts, &purpose.id) {
            None => (Rule::LegitimateInterest, None),
            objection => (Rule::Weighing, objection),
        },
        Decision::Deny(reason) => denied(policy, used, purpose, reason, facts, &said),
    };
    Explanation { rule, rests_on, can: could(rule, purpose, used, decision) }
}

/// The objection that nobody has weighed yet, nor the customer taken back.
fn being_weighed<'f>(facts: &'f [Fact], purpose: &str) -> Option<&'f Fact> {
    let last = facts.iter().rev().find(|fact| match fact {
        Fact::Chosen(c) => c.purpose == purpose && matches!(c.what, Chosen::Objected | Chosen::ObjectionEnded),
        Fact::ObjectionWeighed(weighed) => weighed.purpose == purpose,
        _ => false,
    });
    last.filter(|fact| matches!(fact, Fact::Chosen(c) if c.what == Chosen::Objected))
}

/// Finds the customer's last choice of a kind for the purpose.
type Said<'a, 'f> = dyn Fn(&dyn Fn(&Chosen) -> bool) -> Option<&'f Fact> + 'a;

fn denied<'f>(
    policy: &Policy,
    used: &Use,
    purpose: &Purpose,
    reason: Reason,
    facts: &'f [Fact],
    said: &Said<'_, 'f>,
) -> (Rule, Option<&'f Fact>) {
    let given = || said(&|what| matches!(what, Chosen::Given { .. }));
    let consenter = || facts.iter().rev().find(|f| matches!(f, Fact::ConsenterStated(_)));
    match reason {
        Reason::Unknown => (Rule::NeverAsked, None),
        Reason::Refused => (Rule::Refused, said(&|what| *what == Chosen::Refused)),
        Reason::Withdrawn => (Rule::Withdrawn, said(&|what| matches!(what, Chosen::Withdrawn | Chosen::LeftBehind))),
        Reason::Invalidated => (Rule::Invalidated, said(&|what| matches!(what, Chosen::Invalidated | Chosen::Given { .. }))),
        Reason::UsedUp => (Rule::UsedUp, said(&|what| matches!(what, Chosen::UsedUp { .. }))),
        Reason::Expired => {
            let rested = given();
            let visit = matches!(rested, Some(Fact::Chosen(c)) if matches!(c.what, Chosen::Given { until: Until::Visit(_), .. }));
            (if visit { Rule::VisitEnded } else { Rule::Expired }, rested)
        }
        // The domain never denies what such a purpose lists; who knows of sales does.
        Reason::CategoryNotCovered if purpose.needs_sale() && purpose.categories.has(used.category) => (Rule::NoSale, None),
        Reason::CategoryNotCovered => (Rule::CategoryNotCovered, given()),
        Reason::RecipientNotCovered => (Rule::RecipientNotCovered, given()),
        Reason::ChannelNotCovered => (Rule::ChannelNotCovered, given()),
        Reason::Sensitive => (Rule::Special, given()),
        Reason::Objected => match said(&|what| *what == Chosen::Objected) {
            Some(objection @ Fact::Chosen(choice)) if choice.evidence.as_ref().is_some_and(|e| e.is_general_no()) => {
                (Rule::Signal, Some(objection))
            }
            Some(objection) => (Rule::Objection, Some(objection)),
            // Nobody objected: it rested on a consent that is over, and the policy rests it on an interest now.
            None => (Rule::NoOtherBasis, said(&|_| true)),
        },
        Reason::Restricted => {
            let covers = |f: &&Fact| {
                matches!(f, Fact::Restricted(made) if Part::of(policy, &made.part).is_some_and(|part| {
                    part.purpose.is_none_or(|p| p == used.purpose) && part.category.is_none_or(|c| c == used.category)
                }))
            };
            (Rule::Restriction, facts.iter().rev().find(covers))
        }
        Reason::Minor if purpose.not_for_minors => (Rule::NotForMinors, consenter()),
        Reason::Minor => (Rule::Guardian, consenter()),
        Reason::CutOff => (Rule::CutOff, None),
    }
}

fn could(rule: Rule, purpose: &Purpose, used: &Use, decision: Decision) -> Can {
    let consents = purpose.basis == Basis::Consent;
    match rule {
        Rule::ConsentHolds | Rule::ThisVisit | Rule::Once => Can::Withdraw,
        Rule::LegitimateInterest => Can::Object,
        Rule::Contract | Rule::LegalObligation if purpose.contest.is_some() => Can::Contest,
        Rule::Contract | Rule::LegalObligation | Rule::NotForMinors | Rule::NoSale | Rule::CutOff => Can::Nothing,
        Rule::NeverAsked | Rule::Refused | Rule::Withdrawn | Rule::Invalidated | Rule::UsedUp | Rule::Expired | Rule::VisitEnded => {
            Can::Give
        }
        Rule::Signal if consents => Can::Give,
        Rule::Signal | Rule::Objection | Rule::Weighing | Rule::NoOtherBasis => Can::EndObjection,
        Rule::Guardian => Can::AskGuardian,
        Rule::Restriction => Can::Lift,
        Rule::CategoryNotCovered | Rule::RecipientNotCovered | Rule::ChannelNotCovered | Rule::Special => {
            // Only what the policy lets the purpose use can be permitted.
            let declared = match decision {
                Decision::Deny(Reason::RecipientNotCovered) => purpose.recipients.has(used.recipient),
                Decision::Deny(Reason::ChannelNotCovered) => used.channel.is_some_and(|c| purpose.channels.has(c)),
                _ => purpose.categories.has(used.category),
            };
            if consents && declared { Can::Widen } else { Can::Nothing }
        }
    }
}
