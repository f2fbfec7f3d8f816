//! Synthetic customers, written through the Store contract: facts as the engine would have recorded them, in the order of time.
//!
//! Each customer has twenty facts: two of identity, three choices, fifteen events in four visits. All let recommendations use
//! their data, every second one teaches the others' (`model-improvement`). Items follow Zipf's law. Customers take turns, as
//! they do in a shop: neighbours in the log are of different customers.
//!
//! Visits of a click file are written the same way, each as a customer of its own who teaches: [`write_visits`].
//!
//! One thread makes the facts, another seals and writes them.

use regie_domain::fact::{
    Actor, Choice, Chosen, Event, EventName, Evidence, Fact, Identifier, IdentifierKind, IdentifierLinked, Line, Order, RecordOpened,
    Until, VisitId,
};
use regie_domain::ids::{EventId, Handle, RecordId};
use regie_domain::ledger;
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_recommend::evaluate::clicks::Clicks;
use regie_store::{Batch, NewRow, SqliteStore, Store};

use super::seeded::Seeded;
use crate::engine::hex;

/// Facts of one customer.
pub(super) const FACTS: u64 = 20;
/// Distinct items.
pub(super) const ITEMS: u32 = 100_000;
/// Events in each of the four visits.
const VISITS: [u32; 4] = [4, 4, 4, 3];
/// Customers who are in the shop at the same time.
const AT_ONCE: u32 = 64;
/// Rows in one commit: large, because the writing itself is not measured here.
const COMMIT_ROWS: usize = 8192;
/// How far back the first visits lie.
const SPAN_DAYS: i64 = 120;
/// The three purposes that each customer chose about.
const PURPOSES: [&str; 3] = ["recommendations", "model-improvement", "device-storage"];

/// A customer's own numbers, from nothing but their place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Customer {
    /// The store's name for the record.
    pub(super) record: RecordId,
    /// The world's name for it.
    pub(super) handle: Handle,
}

/// The `i`th customer.
pub(super) fn customer(i: u32) -> Customer {
    let mut seeded = Seeded(u64::from(i) << 20 | 0x5eed);
    Customer { record: RecordId(seeded.wide().to_le_bytes()), handle: Handle(seeded.wide()) }
}

/// The identifier of the `i`th customer at the shop.
pub(super) fn identifier(i: u32) -> Identifier {
    Identifier { space: "shop".into(), kind: IdentifierKind::User, value: format!("k{i:08}") }
}

/// The id of an item by its rank.
pub(super) fn item(rank: u32) -> String {
    format!("art-{rank:06}")
}

/// Writes so many customers; `progress` is told the facts written.
///
/// # Errors
/// Those of the store.
pub(super) fn write(store: &SqliteStore, policy: &Policy, customers: u32, now: Time, progress: impl FnMut(u64)) -> anyhow::Result<()> {
    let maker = Maker { policy, customers, now, teaches: |i| i.is_multiple_of(2), batch: Batch::default() };
    write_made(store, progress, |send| maker.make(send))
}

/// Writes each visit as the only one of a customer who permits everything, the `i`th as that of [`customer`] `i`. Moments are moved
/// so that the newest visit was an hour ago. `progress` is told the facts written.
///
/// # Errors
/// Those of the store.
pub(super) fn write_visits(
    store: &SqliteStore,
    policy: &Policy,
    visits: &[Clicks],
    now: Time,
    progress: impl FnMut(u64),
) -> anyhow::Result<()> {
    let maker = Maker { policy, customers: u32::try_from(visits.len())?, now, teaches: |_| true, batch: Batch::default() };
    write_made(store, progress, |send| maker.make_visits(visits, send))
}

/// What takes batches of facts; `false` once nobody does.
type Send<'a> = &'a mut dyn FnMut(Batch) -> bool;

fn write_made(
    store: &SqliteStore,
    mut progress: impl FnMut(u64),
    make: impl FnOnce(Send<'_>) -> anyhow::Result<()> + std::marker::Send,
) -> anyhow::Result<()> {
    let (send, receive) = crossbeam_channel::bounded::<Batch>(8);
    std::thread::scope(|scope| {
        let making = scope.spawn(move || make(&mut |batch| send.send(batch).is_ok()));
        let mut written = 0;
        for batch in receive {
            written += batch.rows.len() as u64;
            store.append(batch)?;
            progress(written);
        }
        making.join().map_err(|_| anyhow::anyhow!("the thread that makes facts is gone"))?
    })
}

struct Maker<'a> {
    policy: &'a Policy,
    customers: u32,
    now: Time,
    /// Does the `i`th customer let others' recommendations learn?
    teaches: fn(u32) -> bool,
    batch: Batch,
}

impl Maker<'_> {
    fn make(mut self, send: Send<'_>) -> anyhow::Result<()> {
        let mut first_n = [5u32; VISITS.len()];
        for visit in 1..VISITS.len() {
            first_n[visit] = first_n[visit - 1] + VISITS[visit - 1];
        }
        for (round, (events, first_n)) in (0u32..).zip(VISITS.into_iter().zip(first_n)) {
            let mut begin = 0;
            while begin < self.customers {
                let end = (begin + AT_ONCE).min(self.customers);
                let present: Vec<u32> = (begin..end).map(|place| self.shuffled(place, round)).collect();
                let began = self.moment(begin, round);
                if round == 0 {
                    for step in 0..5 {
                        for &who in &present {
                            self.begin(who, step, began)?;
                        }
                    }
                }
                for event in 0..events {
                    for &who in &present {
                        self.event(who, round, event, first_n + event, began)?;
                    }
                }
                if self.batch.rows.len() >= COMMIT_ROWS && !send(std::mem::take(&mut self.batch)) {
                    return Ok(());
                }
                begin = end;
            }
        }
        send(std::mem::take(&mut self.batch));
        Ok(())
    }

    fn make_visits(mut self, visits: &[Clicks], send: Send<'_>) -> anyhow::Result<()> {
        let newest = visits.iter().map(|visit| visit.start).max().unwrap_or_default();
        for (i, visit) in (0u32..).zip(visits) {
            let began = self.now.plus_seconds(-3600 - i64::from(newest - visit.start));
            for step in 0..5 {
                self.begin(i, step, began)?;
            }
            for (index, item) in (0u32..).zip(&visit.items) {
                let lines = vec![Line { item: item.to_string(), quantity: 1, cents: None }];
                self.kept(i, 5 + index, (0, began.plus_seconds(index.into())), lines, None)?;
            }
            if self.batch.rows.len() >= COMMIT_ROWS && !send(std::mem::take(&mut self.batch)) {
                return Ok(());
            }
        }
        send(std::mem::take(&mut self.batch));
        Ok(())
    }

    /// Another order in every round: the same customers do not meet again.
    fn shuffled(&self, place: u32, round: u32) -> u32 {
        // A prime above every number of customers has no factor in common with it.
        let step = 4_294_967_291u64 - u64::from(round) * 1_000_003;
        let step = if gcd(step, u64::from(self.customers)) == 1 { step } else { 1 };
        u32::try_from((u64::from(place) * step + u64::from(round) * 7) % u64::from(self.customers)).unwrap_or(0)
    }

    fn moment(&self, place: u32, round: u32) -> Time {
        let done = i64::from(round) * i64::from(self.customers) + i64::from(place);
        let of = i64::from(self.customers) * 4;
        self.now.plus_seconds(-SPAN_DAYS * 86_400 + done * (SPAN_DAYS * 86_400 - 600) / of)
    }

    /// The five facts before the first event: two of identity, three choices.
    fn begin(&mut self, i: u32, step: u32, at: Time) -> anyhow::Result<()> {
        let Customer { record, handle } = customer(i);
        let device =
            || Identifier { space: "shop".into(), kind: IdentifierKind::Anonymous, value: format!("{:032x}", Seeded(u64::from(i)).wide()) };
        match step {
            0 => {
                self.batch.new_records.push(record);
                let opened = RecordOpened { handle, identifier: identifier(i), source: "shop".into(), on_page: false, at };
                self.row(record, 0, &Fact::RecordOpened(opened), None)
            }
            1 => self.row(
                record,
                1,
                &Fact::IdentifierLinked(IdentifierLinked { identifier: device(), source: "shop".into(), at, message: 0 }),
                None,
            ),
            _ => {
                let purpose = PURPOSES[step as usize - 2];
                let what = if purpose == "model-improvement" && !(self.teaches)(i) { Chosen::Refused } else { self.given(purpose, i, at) };
                let mut seeded = Seeded(u64::from(i) << 8 | u64::from(step));
                let mut salt = [0; 32];
                salt.chunks_exact_mut(8).for_each(|eight| eight.copy_from_slice(&seeded.next().to_le_bytes()));
                let evidence = Evidence {
                    policy_version: self.policy.version.clone(),
                    language: "nl".into(),
                    method: "portal".into(),
                    actor: Actor::Customer,
                };
                let choice =
                    Choice { purpose: purpose.into(), what, at, evidence: Some(evidence), salt: hex(&salt), by_request: String::new() };
                let leaf = ledger::leaf(&salt, &ledger::receipt_core(handle, &choice))?;
                self.row(record, step, &Fact::Chosen(choice), Some(leaf))
            }
        }
    }

    /// What the purpose covers by itself; a tenth end in a month, counted from now so that most still hold.
    fn given(&self, purpose: &str, i: u32, at: Time) -> Chosen {
        let declared = self.policy.purposes.iter().find(|p| p.id == purpose);
        let categories = declared.map_or_else(Vec::new, |p| {
            p.necessary_categories.iter().map(|c| self.policy.categories[usize::from(c.0)].id.clone()).collect()
        });
        let channels = declared
            .map_or_else(Vec::new, |p| p.necessary_channels.iter().map(|c| self.policy.channels[usize::from(c.0)].id.clone()).collect());
        let until =
            if i % 10 == 3 { Until::Moment(self.now.max(at).plus_seconds(30 * 86_400 + i64::from(i % 86_400))) } else { Until::Withdrawn };
        Chosen::Given { categories, recipients: vec!["retailer".into()], channels, until }
    }

    fn event(&mut self, i: u32, round: u32, index: u32, n: u32, began: Time) -> anyhow::Result<()> {
        let mut seeded = Seeded(u64::from(i) << 16 | u64::from(round) << 8 | u64::from(index) | 1 << 60);
        // The last event of a visit is an order every second time.
        let buys = index + 1 == VISITS[round as usize] && (i + round).is_multiple_of(2);
        let at = began.plus_seconds(i64::from(index) * 40);
        let line = |seeded: &mut Seeded, cents| Line { item: item(seeded.zipf(ITEMS)), quantity: 1, cents };
        let lines = if buys { (0..3).map(|_| line(&mut seeded, Some(199))).collect() } else { vec![line(&mut seeded, None)] };
        let order =
            buys.then(|| Order { id: format!("o{i}-{round}"), currency: Some("EUR".into()), total_cents: Some(597), ..Order::default() });
        self.kept(i, n, (round, at), lines, order)
    }

    /// The event that is fact `n` of the customer: an order, or a look at a product.
    fn kept(&mut self, i: u32, n: u32, (visit, at): (u32, Time), lines: Vec<Line>, order: Option<Order>) -> anyhow::Result<()> {
        let mut seeded = Seeded(u64::from(i) << 24 | u64::from(n) | 1 << 61);
        let event = Event {
            id: EventId(seeded.wide()),
            name: if order.is_some() { EventName::OrderCompleted } else { EventName::ProductViewed },
            source: "shop".into(),
            visit: VisitId(Seeded(u64::from(i) << 4 | u64::from(visit) | 1 << 50).next()),
            happened_at: at,
            recorded_at: at.plus_seconds(1),
            time_doubted: false,
            lines,
            query: None,
            page: None,
            order,
            store: None,
            not_for: Vec::new(),
            message: seeded.next() | 1,
        };
        self.row(customer(i).record, n, &Fact::EventKept(event), None)
    }

    fn row(&mut self, record: RecordId, n: u32, fact: &Fact, leaf: Option<[u8; 32]>) -> anyhow::Result<()> {
        let choice = fact.is_choice();
        self.batch.rows.push(NewRow { record, n, choice, payload: serde_json::to_vec(fact)?, leaf });
        Ok(())
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_has_twenty_facts_numbered_without_a_gap() {
        let policy = Policy::parse(crate::BUILT_IN_POLICY).unwrap();
        for customers in [1, 2, 150] {
            let now = Time::from_seconds(1_790_000_000);
            let maker = Maker { policy: &policy, customers, now, teaches: |_| true, batch: Batch::default() };
            let mut rows = Vec::new();
            maker
                .make(&mut |batch| {
                    rows.extend(batch.rows);
                    true
                })
                .unwrap();
            let mut ns: std::collections::BTreeMap<RecordId, Vec<u32>> = std::collections::BTreeMap::new();
            rows.iter().for_each(|row| ns.entry(row.record).or_default().push(row.n));
            assert_eq!(ns.len() as u64, u64::from(customers));
            assert!(ns.values().all(|ns| *ns == (0..20).collect::<Vec<_>>()));
            assert!(rows.iter().all(|row| row.choice == row.leaf.is_some()));
        }
    }
}
