//! What the engine is asked and what it answers: the words that pages, routes and commands share.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use regie_domain::consent::{ClaimedEvidence, PurposeState, UntilWish};
use regie_domain::fact::{Consenter, Evidence, RestrictionGround};
use regie_domain::ids::{EventId, Handle, RequestId};
use regie_domain::information::{AgeBand, Diet, Garment, InformationItem};
use regie_domain::time::Time;
use serde::Serialize;
use smallvec::SmallVec;

/// A customer's wish to permit a purpose.
#[derive(Debug, Clone)]
pub struct Give {
    /// The purpose's id.
    pub purpose: String,
    /// When it ends.
    pub until: UntilWish,
    /// `None`: those that the purpose marks as necessary.
    pub categories: Option<Vec<String>>,
    /// `None`: the retailer alone.
    pub recipients: Option<Vec<String>>,
    /// `None`: those that the purpose marks as necessary.
    pub channels: Option<Vec<String>>,
    /// The visit, for `until: visit`.
    pub visit: Option<String>,
    /// What proves it; required.
    pub evidence: Option<ClaimedEvidence>,
}

/// Something that a customer tells about themselves.
#[derive(Debug, Clone)]
pub struct Tell {
    /// Which item.
    pub item: InformationItem,
    /// The value, as [`Told::read`](regie_domain::information::Told::read) takes it.
    pub value: serde_json::Value,
    /// The one purpose that it may be used for.
    pub purpose: String,
    /// When it ends.
    pub until: UntilWish,
    /// `None`: the retailer alone.
    pub recipients: Option<Vec<String>>,
    /// The visit, for `until: visit`.
    pub visit: Option<String>,
    /// What proves it; without it the caller's system vouches, which is not enough for what says something about faith or health.
    pub evidence: Option<ClaimedEvidence>,
}

/// One choice of a customer's past, newest first in lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastChoice {
    /// The purpose's id.
    pub purpose: String,
    /// `given`, `refused`, `withdrawn`, `invalidated`, `used_up`, `visit_ended`,
    /// `left_behind`, `objected`, `objection_ended`.
    pub choice: String,
    /// When.
    pub at: Time,
    /// Its end, for one given: RFC 3339, `visit`, `once` or `withdrawn`.
    pub until: Option<String>,
    /// What it covers, for one given.
    pub categories: Vec<String>,
    /// Whom it covers.
    pub recipients: Vec<String>,
    /// Where it covers.
    pub channels: Vec<String>,
    /// What proves it.
    pub evidence: Option<Evidence>,
}

/// Who consented for a customer from some moment on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastConsenter {
    /// `customer` or `guardian`.
    pub consenter: Consenter,
    /// When it was said.
    pub at: Time,
    /// What proves it.
    pub evidence: Evidence,
}

/// What is restricted for a customer, and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RestrictionList {
    /// What is restricted now, the widest first.
    pub restrictions: Vec<Restriction>,
    /// Newest first.
    pub history: Vec<PastRestriction>,
}

/// A restriction that stands (Article 18).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Restriction {
    /// The purpose's id, or `all`.
    pub purpose: String,
    /// The category's id, or `all`.
    pub category: String,
    /// Since when.
    pub since: Option<Time>,
    /// Why, if it was said.
    pub ground: Option<RestrictionGround>,
    /// When the customer was told that it is going to be lifted.
    pub told_at: Option<Time>,
}

/// A restriction, a telling or a lifting of the past.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastRestriction {
    /// The purpose's id, or `all`.
    pub purpose: String,
    /// The category's id, or `all`.
    pub category: String,
    /// `restricted`, `told` (that it is going to be lifted) or `lifted`.
    pub change: &'static str,
    /// When.
    pub at: Time,
    /// Why it was restricted, if it was said.
    pub ground: Option<RestrictionGround>,
    /// What proves it.
    pub evidence: Option<Evidence>,
}

/// A customer's consents: the state of every purpose and how it came about.
#[derive(Debug, Clone)]
pub struct ConsentList {
    /// Every purpose of the policy, in its order.
    pub states: Vec<PurposeState>,
    /// Newest first.
    pub history: Vec<PastChoice>,
    /// Who consents; `None`: nobody said, and a consent of either counts.
    pub consenter: Option<Consenter>,
    /// Who did, newest first.
    pub consenters: Vec<PastConsenter>,
}

/// "May this happen now?"
#[derive(Debug, Clone)]
pub struct Question {
    /// The purpose's id.
    pub purpose: String,
    /// The category's id.
    pub category: String,
    /// The recipient's id; `None`: the retailer.
    pub recipient: Option<String>,
    /// The channel's id.
    pub channel: Option<String>,
    /// The visit in which it is asked.
    pub visit: Option<String>,
}

/// The answer to a [`Question`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// The basis it rests on, or why not (format 1 lists them).
    pub reason: &'static str,
    /// The end of the permission: RFC 3339, `visit`, `once`, `withdrawn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// For a yes, what whoever uses it has to do: `announce_personal_price`; `explain`, `contest` and `human_review` where decisions of
    /// significant effect are taken by automated means.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<&'static str>,
}

/// A wish for recommendations.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Whom for; `None`: nobody in particular.
    pub customer: Option<Handle>,
    /// The items of the visit so far, oldest first, as the page knows them.
    pub visit: Vec<String>,
    /// The visit's id, for consents bound to it.
    pub visit_id: Option<String>,
    /// The channel's id.
    pub channel: String,
    /// How many, 1 to 100.
    pub limit: usize,
    /// `Idempotency-Key`; without one, a permission for once is not used up.
    pub request: Option<String>,
    /// The shop whose popular items fill up.
    pub store: Option<String>,
    /// What of the customer's own is left out, to see what it brings.
    pub without: Without,
}

/// What a recommendation leaves out although it might be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Without {
    /// Items: nothing of the customer's own that is about them is used.
    pub items: Vec<String>,
    /// Items of *Mijn informatie*.
    pub information: Vec<InformationItem>,
}

impl Without {
    /// Is anything left out?
    pub fn is_nothing(&self) -> bool {
        self.items.is_empty() && self.information.is_empty()
    }
}

/// Recommendations, and why. [`Recommendations::to_json`] writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendations {
    /// Does any of it rest on the customer's data or visit?
    pub personal: bool,
    /// The basis, or why nothing personal was permitted.
    pub reason: &'static str,
    /// A permission for once exists but was not used up, because the request has no `Idempotency-Key`.
    pub once_not_used: bool,
    /// The best first.
    pub items: Vec<Recommended>,
}

/// One recommended item.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommended {
    /// The item.
    pub item: String,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
    /// The customer's own events that spoke for it, at most three, the strongest first; empty for a popular or a new item.
    pub because: Becauses,
    /// It stands here because it is new and nobody's history speaks for it yet.
    pub new: bool,
}

/// The reasons of one item. Shared, because one often speaks for several items.
pub type Becauses = SmallVec<[Arc<Because>; 3]>;

/// One reason: an event of the customer's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Because {
    /// The event; `None` if it is part of the visit that the call itself carried, and so not stored.
    pub event: Option<EventId>,
    /// The item it was about.
    pub item: Arc<str>,
    /// When it happened; `None` for the visit that the call carried.
    pub at: Option<Time>,
    /// The category of data it is.
    pub category: Arc<str>,
    /// The purpose whose permission it rests on.
    pub consent: Arc<str>,
    /// The end of that permission: RFC 3339, `visit`, `once` or `withdrawn`.
    pub until: Arc<str>,
    /// In how many of the customer's events of this kind the item is: for the sentence, not for the wire.
    pub times: u32,
    /// What the customer told that spoke for it, where that is the reason: then it is about the recommended item itself.
    pub information: Option<InformationItem>,
}

impl Recommendations {
    /// As the API says it: straight into one buffer, without anything in between. A reason that speaks for several items is written
    /// once and then copied.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + 384 * self.items.len());
        let mut written: Vec<(&Arc<Because>, Range<usize>)> = Vec::new();
        put(&mut out, "{\"personal\":", self.personal);
        put(&mut out, ",\"reason\":", self.reason);
        if self.once_not_used {
            put(&mut out, ",\"once_not_used\":", true);
        }
        out.extend_from_slice(b",\"items\":[");
        for (at, item) in self.items.iter().enumerate() {
            put(&mut out, if at == 0 { "{\"item\":" } else { ",{\"item\":" }, &item.item);
            put(&mut out, ",\"score\":", item.score);
            out.extend_from_slice(b",\"because\":[");
            for (at, because) in item.because.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                if let Some((_, range)) = written.iter().find(|(before, _)| Arc::ptr_eq(before, because)) {
                    out.extend_from_within(range.clone());
                } else {
                    let begin = out.len();
                    because.put(&mut out);
                    written.push((because, begin..out.len()));
                }
            }
            out.push(b']');
            if item.new {
                put(&mut out, ",\"new\":", true);
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        out
    }
}

impl Because {
    fn put(&self, out: &mut Vec<u8>) {
        put(out, "{\"event\":", self.event);
        put(out, ",\"item\":", &*self.item);
        put(out, ",\"at\":", self.at);
        put(out, ",\"category\":", &*self.category);
        put(out, ",\"consent\":", &*self.consent);
        put(out, ",\"until\":", &*self.until);
        if let Some(information) = self.information {
            put(out, ",\"information\":", information);
        }
        out.push(b'}');
    }
}

fn put(out: &mut Vec<u8>, name: &str, value: impl Serialize) {
    out.extend_from_slice(name.as_bytes());
    // Neither memory nor texts, numbers and truth values can refuse.
    let _ = serde_json::to_writer(out, &value);
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Erased {
    /// Its number.
    pub request: RequestId,
    /// What the law keeps, and until when.
    pub kept: Vec<KeptByLaw>,
}

/// Fields that a law keeps after an erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptByLaw {
    /// Which fields.
    pub fields: Vec<String>,
    /// For which purpose, and no other.
    pub purpose: String,
    /// Until then; the latest end among them.
    pub until: Time,
}

/// What we have of a customer, in numbers: for a page that is grasped in ten seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// The customer number(s) at the shop, as the sources wrote them.
    pub known_as: Vec<String>,
    /// How many records are joined.
    pub records: usize,
    /// Per category id: how many events or attributes are kept, newest moment.
    pub kept: Vec<KeptCount>,
}

/// See [`Overview`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptCount {
    /// The category's id.
    pub category: String,
    /// How many events or attributes.
    pub count: usize,
    /// A moment on the day of the newest.
    pub newest: Option<Time>,
}

/// A product of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueItem {
    /// The item's id, 1 to 256 bytes.
    pub item: String,
    /// Its name by language (BCP 47).
    #[serde(default)]
    pub names: std::collections::BTreeMap<String, String>,
    /// Its department.
    #[serde(default)]
    pub department: Option<String>,
    /// Its brand.
    #[serde(default)]
    pub brand: Option<String>,
    /// Its price in cents.
    #[serde(default)]
    pub price_cents: Option<i64>,
    /// The price's currency, ISO 4217.
    #[serde(default)]
    pub currency: Option<String>,
    /// How many are left; `None`: not counted, always in stock.
    #[serde(default)]
    pub stock: Option<i64>,
    /// Where its picture is.
    #[serde(default)]
    pub image: Option<String>,
    /// Would a purchase reveal what Article 9 protects, or is it excluded from recommending?
    #[serde(default)]
    pub sensitive: bool,
    /// Never recommend it.
    #[serde(default)]
    pub blocked: bool,
    /// Does it last, so that whoever just bought it needs no other for a while? `None`: as its department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durable: Option<bool>,
    /// The day from which it is sold; `None`: when it was first put. For a while after, it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_sale_since: Option<jiff::civil::Date>,
    /// The diets that it fits; `None`: not said, and it is left out for nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diets: Option<Vec<Diet>>,
    /// The sizes that there are, by kind of clothing; `None`: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<BTreeMap<Garment, Vec<String>>>,
    /// The children that it is meant for; `None`: it is for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<Vec<AgeBand>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_json_with_every_reason_where_it_belongs() {
        let because = |item: &str, event| {
            Arc::new(Because {
                event,
                item: item.into(),
                at: event.map(|_| Time::from_seconds(1_790_000_000)),
                category: "browsing".into(),
                consent: "recommendations".into(),
                until: "withdrawn".into(),
                times: 2,
                information: None,
            })
        };
        let (seen, bought) = (because("a \"b\" \u{1}é", None), because("milk", Some(EventId(7))));
        let item = |item: &str, because: Vec<_>| Recommended { item: item.into(), score: 0.5, because: because.into(), new: item == "z" };
        let mut answer = Recommendations {
            personal: true,
            reason: "consent",
            once_not_used: false,
            items: vec![item("x\\y", vec![seen.clone(), bought.clone()]), item("z", vec![]), item("w", vec![bought.clone(), seen.clone()])],
        };
        let written: serde_json::Value = serde_json::from_slice(&answer.to_json()).unwrap();
        let reason = |b: &Because| serde_json::json!({"event": b.event, "item": &*b.item, "at": b.at, "category": "browsing", "consent": "recommendations", "until": "withdrawn"});
        let expected = serde_json::json!({"personal": true, "reason": "consent", "items": [
            {"item": "x\\y", "score": 0.5, "because": [reason(&seen), reason(&bought)]},
            {"item": "z", "score": 0.5, "because": [], "new": true},
            {"item": "w", "score": 0.5, "because": [reason(&bought), reason(&seen)]},
        ]});
        assert_eq!(written, expected);
        (answer.once_not_used, answer.items) = (true, Vec::new());
        assert_eq!(answer.to_json(), br#"{"personal":true,"reason":"consent","once_not_used":true,"items":[]}"#);
    }
}
