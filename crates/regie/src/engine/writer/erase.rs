//! Erasing: tombstone and legal remainder, keys, rows, uses, views; in that order, each step idempotent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use regie_domain::collection;
use regie_domain::consent::{Ended, Placed, prove, retention_end};
use regie_domain::fact::{
    ConsentProof, ConsentsProven, Event, EventName, Fact, IdentifierSuppressed, MessagesSeen, OrderKeptByLaw, RecordErased,
    RequestCompleted,
};
use regie_domain::ids::{Handle, RecordId, RequestId};
use regie_domain::ledger;
use regie_domain::policy::{Basis, LEGAL_CLAIMS, Policy, TAX_RECORDS};
use regie_domain::time::Time;
use regie_store::{ErasedRecord, Erasure, Meta, NewRow, Store, StoreError, tombstone};

use super::super::api::{Erased, KeptByLaw};
use super::super::contribution;
use super::super::error::EngineError;
use super::super::recall;
use super::super::rules::{Rules, hex, random};
use super::super::views::RecordIx;
use super::super::views::duplicates::REMEMBERED_SECONDS;
use super::choose::commit;
use super::choose::identifier_of;
use super::plan::payload;
use super::{Place, Writer, fold};

/// How long an erasure waits for an open reader to let go of the write-ahead log.
const LOG_WAIT_MAX: Duration = Duration::from_secs(10);

/// How many consents one row proves.
const PROOFS_IN_A_ROW: usize = 128;

/// How many messages one row names.
const MESSAGES_IN_A_ROW: usize = 1024;

/// A fact with its record and its number there.
type Numbered = (RecordId, u32, Fact);

/// What an erasure leaves.
struct Remains {
    orders: Vec<OrderKeptByLaw>,
    proofs: Vec<ConsentsProven>,
}

/// What a record is erased for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Why {
    /// The customer asked: later imports of the same identifiers are refused.
    Asked,
    /// Nothing in it may be kept any more. Nobody asked, so the same device is welcome to come again.
    TermEnded,
}

impl Writer {
    /// Ends a customer's data everywhere. Acknowledged only when no byte is left in the files.
    pub(super) fn erase(&mut self, customer: Handle) -> Result<Erased, EngineError> {
        let records = {
            let views = self.shared.views.read();
            let customer = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            views.customers.records_of(customer)
        };
        self.erase_records(&records, Why::Asked)
    }

    /// The same for records by their place; also completes what a crash or an older backup left.
    pub(in super::super) fn erase_records(&mut self, records: &[RecordIx], why: Why) -> Result<Erased, EngineError> {
        let rules = self.shared.rules();
        let now = self.shared.clock.now();
        let request = RequestId(u128::from_le_bytes(random()?));
        let going: Vec<(RecordIx, RecordId, Vec<u64>)> = {
            let views = self.shared.views.read();
            records.iter().filter_map(|&ix| views.records.get(ix).map(|r| (ix, r.id, r.positions.iter().collect()))).collect()
        };
        if going.is_empty() {
            return Err(EngineError::UnknownCustomer);
        }
        let mut placed = Vec::new();
        for (_, _, positions) in &going {
            placed.extend(self.shared.facts_at(positions)?);
        }
        placed.sort_by_key(|(meta, _)| meta.position);
        let proofs = if why == Why::Asked { self.proofs(&rules, &placed, request, now) } else { Vec::new() };
        let facts: Vec<Fact> = placed.into_iter().map(|(_, fact)| fact).collect();
        let kept = Remains { orders: legal_remainder(&rules.policy, &facts, now), proofs };
        let (erasure, appended) = self.erasure(&rules, &going, &facts, &kept, request, why, now)?;
        let first_positions: Vec<u64> = going.iter().filter_map(|(_, _, positions)| positions.first().copied()).collect();

        let (first, unfinished) = self.store_erase(&erasure)?;
        self.forget_erased(&rules, &going, &facts);
        if let Some(first) = first {
            let mut views = self.shared.views.write();
            for (position, (record, n, fact)) in (first..).zip(appended) {
                fold::apply(&mut views, &rules, Place { position, record, n }, &fact, &mut fold::Events::FoldNow);
            }
        }
        // After the views have forgotten, nobody can record a use of them any more.
        self.shared.journal.erase(&first_positions)?;
        if let Some(unfinished) = unfinished {
            // Erased, but not yet acknowledged as such: upkeep empties the logs as soon as it can, and a start does too.
            self.rows_deleted = true;
            return Err(unfinished.into());
        }
        metrics::counter!("regie_erased_total").increment(1);
        Ok(Erased { request, kept: summary(&kept) })
    }

    /// The store's part, repeated while an open reader holds the log. Once the tombstone is committed the views must forget the
    /// customer whatever fails after it: what failed is then told beside the position. An error alone means that nothing was done.
    fn store_erase(&self, erasure: &Erasure) -> Result<(Option<u64>, Option<StoreError>), EngineError> {
        let started = Instant::now();
        let before = self.shared.store.head()?;
        loop {
            let error = match self.shared.note_store(self.shared.store.erase(erasure.clone())) {
                // A repeated erasure finds its facts written: they stand right after the old head.
                Ok(position) => return Ok((position.or(Some(before + 1)), None)),
                Err(error) => error,
            };
            if self.shared.store.head()? == before {
                return Err(error.into());
            }
            if !matches!(error, StoreError::LogHeld { .. }) || started.elapsed() >= LOG_WAIT_MAX {
                return Ok((Some(before + 1), Some(error)));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the erasure writes: the legal remainder and the proof of past consents, each under a record of its own, and on the
    /// retailer's record the tombstones, the suppressed identifiers and the least evidence that it happened.
    #[expect(clippy::too_many_arguments, reason = "one erasure in all its parts, called once")]
    fn erasure(
        &self,
        rules: &Rules,
        going: &[(RecordIx, RecordId, Vec<u64>)],
        facts: &[Fact],
        kept: &Remains,
        request: RequestId,
        why: Why,
        now: Time,
    ) -> Result<(Erasure, Vec<Numbered>), EngineError> {
        let mut append: Vec<Numbered> = Vec::new();
        let (remainder, proof) = (RecordId(random()?), RecordId(random()?));
        append.extend((0..).zip(&kept.orders).map(|(n, order)| (remainder, n, Fact::OrderKeptByLaw(order.clone()))));
        append.extend((0..).zip(&kept.proofs).map(|(n, proven)| (proof, n, Fact::ConsentsProven(proven.clone()))));
        let first_n = {
            let views = self.shared.views.read();
            views.retailer.and_then(|ix| views.records.get(ix)).map_or(0, |r| r.next_n)
        };
        let mut own: Vec<Fact> = Vec::new();
        let mut leaf = None;
        own.extend(going.iter().map(|(_, id, _)| Fact::RecordErased(RecordErased { tombstone: hex(&tombstone(*id)), request })));
        if why == Why::Asked {
            let until = now.plus_seconds(i64::from(rules.policy.suppression_days) * 86_400);
            let hashes: BTreeSet<String> = facts.iter().filter_map(identifier_of).map(|i| rules.suppression_hash(i)).collect();
            let objected = self.objected_marketing(rules, going);
            let last = after_nameless(facts);
            let entry = |hash| Fact::IdentifierSuppressed(IdentifierSuppressed { hash, at: now, last, until, objected: objected.clone() });
            own.extend(hashes.into_iter().map(entry));
            let mut completed = RequestCompleted {
                request,
                right: "erasure".into(),
                at: now,
                parts: parts(facts),
                recipients: recipients_of(facts),
                salt: String::new(),
            };
            let (salt, committed) = commit(&ledger::request_core(&completed))?;
            (completed.salt, leaf) = (salt, Some(committed));
            own.push(Fact::RequestCompleted(completed));
        }
        own.extend(seen(facts.iter().filter_map(message_of), now).into_iter().map(Fact::MessagesSeen));
        append.extend((first_n..).zip(own).map(|(n, fact)| (RecordId::RETAILER, n, fact)));

        let records = going.iter().map(|(_, record, positions)| ErasedRecord { record: *record, positions: positions.clone() }).collect();
        let mut erasure = Erasure { records, ..Erasure::default() };
        for (record, is_needed) in [(remainder, !kept.orders.is_empty()), (proof, !kept.proofs.is_empty())] {
            if is_needed {
                erasure.append.new_records.push(record);
            }
        }
        erasure.notes = recall::notes(append.iter().map(|(_, _, fact)| fact))?;
        for (record, n, fact) in &append {
            let leaf = if matches!(fact, Fact::RequestCompleted(_)) { leaf } else { None };
            erasure.append.rows.push(NewRow { record: *record, n: *n, choice: false, payload: payload(fact)?, leaf });
        }
        Ok((erasure, append))
    }

    /// What proves the customer's consents for legal claims, as the policy wants it; see `consent::prove`.
    fn proofs(&self, rules: &Rules, placed: &[(Meta, Fact)], request: RequestId, now: Time) -> Vec<ConsentsProven> {
        let adopted = self.shared.views.read().policies.all().to_vec();
        let ended: Vec<Ended<'_>> = adopted.iter().map(|a| Ended { position: a.position, at: a.at, purposes: &a.ended }).collect();
        let facts: Vec<Placed<'_>> =
            placed.iter().map(|(meta, fact)| Placed { position: meta.position, record: meta.record, fact }).collect();
        let consents = prove(&rules.policy, &facts, &ended, now);
        let of: BTreeSet<String> = placed.iter().filter_map(|(_, f)| identifier_of(f)).map(|i| self.shared.claim_hash(i)).collect();
        let row = |some: &[ConsentProof]| ConsentsProven {
            purpose: LEGAL_CLAIMS.into(),
            request,
            erased_at: now,
            until: some.iter().map(|proof| proof.until).max().unwrap_or(now),
            of: of.iter().cloned().collect(),
            consents: some.to_vec(),
        };
        consents.chunks(PROOFS_IN_A_ROW).map(row).collect()
    }

    /// The direct marketing that the customer objected to: by so many words, or on whatever basis the policy has for it.
    fn objected_marketing(&self, rules: &Rules, going: &[(RecordIx, RecordId, Vec<u64>)]) -> Vec<String> {
        let views = self.shared.views.read();
        let Some(&(record, ..)) = going.first() else { return Vec::new() };
        let objected = views.consents.standing(views.customers.canonical(record).0).objected;
        let marketing = rules.policy.direct_marketing();
        objected.iter().filter(|&ix| marketing.has(ix)).map(|ix| rules.policy.at(ix).id.clone()).collect()
    }

    /// Completes an erasure of which only the tombstone says that it was begun. Whether somebody asked for it is nowhere written;
    /// where by now nothing of the record may be kept anyway, it ends like any other whose term is over.
    pub(in super::super) fn complete_erasure(&mut self, records: &[RecordIx]) -> Result<(), EngineError> {
        let customer = records.first().copied().ok_or(EngineError::UnknownCustomer)?;
        let (facts, mut look) = self.look(customer)?;
        let over = look.leaves_nothing(&facts, &self.shared.rules, self.shared.clock.now());
        self.erase_records(records, if over { Why::TermEnded } else { Why::Asked }).map(drop)
    }

    fn forget_erased(&self, rules: &Rules, going: &[(RecordIx, RecordId, Vec<u64>)], facts: &[Fact]) {
        let mut views = self.shared.views.write();
        views.duplicates.forget(facts.iter().filter_map(message_of));
        for &(record, ..) in going {
            let customer = views.customers.canonical(record);
            contribution::forget(&mut views, customer);
            views.information.forget(customer);
            views.outbox.forget(record);
            views.consents.reset(customer.0);
            views.consents.reset(record.0);
            for ix in [customer, record] {
                views.ends.set(ix, None);
                views.terms.set(ix, None);
            }
            views.identities.forget(record, facts.iter().filter_map(identifier_of).map(|i| rules.hash(i)));
        }
        for &(record, ..) in going {
            views.customers.forget(record);
            views.addresses.forget(record);
            views.records.remove(record);
        }
        drop(views);
        // After the views: from now on no answer of theirs is kept any more.
        self.shared.once.lock().clear();
    }
}

/// The message that a fact came with (0: the source gave no id), and when it was recorded.
pub(super) fn message_of(fact: &Fact) -> Option<(u64, Time)> {
    match fact {
        Fact::EventKept(event) => Some((event.message, event.recorded_at)),
        Fact::AttributesProvided(attributes) => Some((attributes.message, attributes.recorded_at)),
        Fact::IdentifierLinked(linked) => Some((linked.message, linked.at)),
        _ => None,
    }
}

/// What to write of messages whose rows go now, so that retries of them are still known: of those that would be known if they stayed.
pub(super) fn seen(messages: impl Iterator<Item = (u64, Time)>, now: Time) -> Vec<MessagesSeen> {
    let since = now.plus_seconds(-REMEMBERED_SECONDS);
    let mut known: Vec<u64> = messages.filter(|&(message, at)| message != 0 && at >= since).map(|(message, _)| message).collect();
    // In an order that says nothing of what happened.
    known.sort_unstable();
    known.dedup();
    known.chunks(MESSAGES_IN_A_ROW).map(|some| MessagesSeen { at: now, messages: some.to_vec() }).collect()
}

/// Just after the last of these orders without a message id; the epoch where there is none.
fn after_nameless(facts: &[Fact]) -> Time {
    let happened = |fact: &Fact| match fact {
        Fact::EventKept(event) if event.message == 0 && event.name == EventName::OrderCompleted => Some(event.happened_at),
        _ => None,
    };
    facts.iter().filter_map(happened).max().map_or_else(Time::default, |last| Time::from_millis(last.millis() + 1))
}

/// What the law keeps of these facts: tax fields of orders, as long as the policy's term for them runs. What an earlier
/// erasure kept stays as it is.
fn legal_remainder(policy: &Policy, facts: &[Fact], now: Time) -> Vec<OrderKeptByLaw> {
    let Some((tax, purchases)) = policy.purpose(TAX_RECORDS).zip(policy.category("purchases")) else { return Vec::new() };
    let purpose = policy.at(tax);
    let Some(retention) = purpose.retention.get(usize::from(purchases.0)).copied().flatten() else { return Vec::new() };
    if purpose.basis != Basis::LegalObligation {
        return Vec::new();
    }
    let order = |event: &Event| {
        let (order, lines) = collection::legal_remainder(event)?;
        let until = retention_end(event.happened_at.min(event.recorded_at), retention, &policy.time_zone);
        (until > now).then(|| OrderKeptByLaw { purpose: TAX_RECORDS.into(), until, happened_at: event.happened_at, order, lines })
    };
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::EventKept(event) => order(event),
            Fact::OrderKeptByLaw(kept) if kept.until > now => Some(kept.clone()),
            _ => None,
        })
        .collect()
}

/// What the customer is told: which fields stay, for what, until when at the latest.
fn summary(kept: &Remains) -> Vec<KeptByLaw> {
    let mut by_purpose: BTreeMap<&str, KeptByLaw> = BTreeMap::new();
    for proven in &kept.proofs {
        let fields = ["purpose", "categories", "recipients", "channels", "until", "given_at", "evidence", "ended", "ended_at"];
        let entry = by_purpose.entry(&proven.purpose).or_insert_with(|| KeptByLaw {
            fields: fields.map(String::from).to_vec(),
            purpose: proven.purpose.clone(),
            until: proven.until,
        });
        entry.until = entry.until.max(proven.until);
    }
    for order in &kept.orders {
        let fields = ["order_id", "currency", "total", "revenue", "tax", "shipping", "discount", "lines", "happened_at"];
        let entry = by_purpose.entry(&order.purpose).or_insert_with(|| KeptByLaw {
            fields: fields.map(String::from).to_vec(),
            purpose: order.purpose.clone(),
            until: order.until,
        });
        entry.until = entry.until.max(order.until);
    }
    by_purpose.into_values().collect()
}

/// Who had received something: the ids of recipients, each once.
fn recipients_of(facts: &[Fact]) -> Vec<String> {
    let recipients: BTreeSet<&str> =
        facts.iter().filter_map(|fact| if let Fact::Disclosed(d) = fact { Some(d.recipient.as_str()) } else { None }).collect();
    recipients.into_iter().map(String::from).collect()
}

/// Which parts went: names of categories, never values.
fn parts(facts: &[Fact]) -> Vec<String> {
    let parts: BTreeSet<&str> = facts.iter().flat_map(collection::categories_of).map(|(category, _)| category).collect();
    parts.into_iter().map(String::from).collect()
}
