//! Many customers with their choices, the same in every run, for measuring decisions. It knows the domain alone, so that the
//! comparison with other engines (`bench/peers`) asks the same questions of the same customers.

use regie_domain::consent::{Consents, Use};
use regie_domain::fact::{Choice, Chosen, Until};
use regie_domain::policy::{Policy, RecipientIx};
use regie_domain::time::Time;

/// 2026-06-01T12:00:00Z: when the questions are asked.
pub const NOW: i64 = 1_780_315_200;
/// The purposes that customers choose about.
pub const PURPOSES: [&str; 3] = ["recommendations", "model-improvement", "cross-source-profile"];
/// The categories that are asked about.
pub const CATEGORIES: [&str; 2] = ["purchases", "browsing"];

/// `SplitMix64`.
#[derive(Debug, Clone)]
pub struct Die(pub u64);

impl Die {
    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

/// A number below `n` from the upper half of `bits`.
pub fn below(bits: u64, n: u32) -> u32 {
    (((bits >> 32) * u64::from(n)) >> 32) as u32
}

/// Every question that is asked: each purpose with each category, by the retailer.
pub fn uses(policy: &Policy) -> Vec<Use> {
    let mut all = Vec::new();
    for purpose in PURPOSES {
        for category in CATEGORIES {
            if let (Some(purpose), Some(category)) = (policy.purpose(purpose), policy.category(category)) {
                all.push(Use { purpose, category, recipient: RecipientIx(0), channel: None, visit: None });
            }
        }
    }
    all
}

/// What a customer chose for each of [`PURPOSES`]: most narrow nothing, some end soon, some refuse or withdraw.
pub fn choices(policy: &Policy, customer: u32) -> Vec<Choice> {
    let mut die = Die(u64::from(customer) << 8 | 1);
    let at = Time::from_seconds(NOW - 86_400);
    PURPOSES
        .iter()
        .filter_map(|id| {
            let purpose = policy.at(policy.purpose(id)?);
            let all: Vec<String> = purpose.necessary_categories.iter().map(|c| policy.categories[usize::from(c.0)].id.clone()).collect();
            let given = |categories: Vec<String>, until| Chosen::Given {
                categories,
                recipients: vec!["retailer".to_owned()],
                channels: purpose.necessary_channels.iter().map(|c| policy.channels[usize::from(c.0)].id.clone()).collect(),
                until,
            };
            let what = match below(die.roll(), 10) {
                0 => Chosen::Refused,
                1 => Chosen::Withdrawn,
                2 => given(all, Until::Moment(Time::from_seconds(NOW - 3600))),
                3 => given(all, Until::Moment(Time::from_seconds(NOW + 86_400 * 30))),
                4 => given(vec!["browsing".to_owned()], Until::Withdrawn),
                _ => given(all, Until::Withdrawn),
            };
            Some(Choice { purpose: (*id).to_owned(), what, at, evidence: None, salt: String::new(), by_request: String::new() })
        })
        .collect()
}

/// The view of so many customers.
pub fn consents(policy: &Policy, customers: u32) -> Consents {
    let mut consents = Consents::new();
    consents.ensure(customers as usize);
    for customer in 0..customers {
        for choice in choices(policy, customer) {
            consents.apply(policy, customer, &choice);
        }
    }
    consents
}
