//! The ledger in the running engine: a thread of its own that publishes what the writer committed, and receipts with their proofs.
//!
//! Invariant: the writer never waits for the publisher; a receipt is issued only with a proof that holds, from the salt in the
//! customer's own facts. Once those are erased no receipt can be made any more, and the tree stays as it is.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use regie_domain::fact::Fact;
use regie_domain::ids::Handle;
use regie_domain::ledger::receipt::{Committed, Issue, issue};
use regie_domain::ledger::{self, tile};
use regie_domain::time::Time;
use regie_store::ledger::{Head, LedgerError};
use regie_store::{Opened, Store};
use serde_json::Value;

use super::error::EngineError;
use super::views::days::What;
use super::{Engine, Shared, unhex};

/// The publisher looks for itself so often, should a bell ever be missed.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Between two checkpoints, so that many choices share one.
const BETWEEN: Duration = Duration::from_millis(100);
/// How long a receipt waits for its proof, unless an option says otherwise.
pub(super) const PROOF_WAIT: Duration = Duration::from_secs(3);
/// Rows of choices that are read at a time.
const ROWS_AT_ONCE: usize = 32;
/// Leaves that are looked through at a time for one that does not know its row.
const LOOK_THROUGH: u64 = 65_536;

/// Publishes until the engine stops.
pub(super) struct Publisher {
    shared: Weak<Shared>,
    bell: Receiver<()>,
}

impl Publisher {
    pub(super) fn new(shared: &Arc<Shared>, bell: Receiver<()>) -> Publisher {
        // Weak: an engine that nobody holds any more ends, and its publisher with it.
        Publisher { shared: Arc::downgrade(shared), bell }
    }

    pub(super) fn run(self) {
        loop {
            let Some(shared) = self.shared.upgrade() else { return };
            let stopping = shared.stopping.load(Ordering::SeqCst);
            let before = shared.ledger.head().checkpoint.size;
            let mut pause = None;
            match shared.ledger.publish(&shared.store) {
                Ok(size) => {
                    shared.publishing_fails.store(false, Ordering::SeqCst);
                    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
                    metrics::gauge!("regie_ledger_leaves").set(size as f64);
                    if size > before && !stopping {
                        pause = Some(BETWEEN);
                    }
                }
                Err(e) => {
                    shared.publishing_fails.store(true, Ordering::SeqCst);
                    metrics::counter!("regie_ledger_failures_total").increment(1);
                    tracing::error!(code = e.code(), error = %e, "publishing the ledger failed; it is tried again");
                    pause = Some(BETWEEN);
                }
            }
            // Before it waits: an engine that is dropped meanwhile must let go of its folder.
            drop(shared);
            if let Some(pause) = pause {
                std::thread::sleep(pause);
            }
            if stopping {
                return;
            }
            match self.bell.recv_timeout(LOOK_EVERY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// A customer's receipts, newest first.
#[derive(Debug, Default)]
pub struct Receipts {
    /// The receipts, each as it is handed out.
    pub receipts: Vec<Value>,
    /// The index to go on before, if there are older ones.
    pub before: Option<u64>,
}

/// The leaf that commits to a fact, if it is of a kind that has one. A record without a handle is the retailer's own; what is committed of
/// it names nobody.
pub(crate) fn leaf_of(handle: Option<Handle>, fact: &Fact) -> Option<[u8; 32]> {
    let core = ledger::core_of(handle.unwrap_or(Handle(0)), fact)?;
    ledger::leaf(&salt_of(fact)?, &core).ok()
}

fn salt_of(fact: &Fact) -> Option<[u8; 32]> {
    fact.salt().and_then(unhex).and_then(|salt| salt.try_into().ok())
}

/// Facts of this kind may have a receipt.
fn has_receipt(what: What) -> bool {
    matches!(what, What::Chosen | What::Consenter | What::Restriction | What::Contest | What::Information | What::Disclosed)
}

/// A choice, or a disclosure, with its place in the ledger.
struct Placed {
    core: Value,
    salt: [u8; 32],
    index: u64,
    at: Time,
}

impl Engine {
    /// What is published of the ledger now.
    pub fn ledger_head(&self) -> Arc<Head> {
        self.shared.ledger.head()
    }

    /// The ledger's public key, `name+id+key` as C2SP signed-note writes it.
    pub fn ledger_key(&self) -> String {
        self.shared.ledger.key().to_string()
    }

    /// The file behind `/tile/{path}`; `None` where nothing is published under that name. Reads the disk.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn ledger_tile(&self, path: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let ledger = &self.shared.ledger;
        Ok(match tile::parse(path) {
            Some(tile::Asked::Hashes(tile)) => ledger.tile(&tile)?,
            Some(tile::Asked::Entries(tile)) => ledger.entries(&self.shared.store, &tile)?,
            None => None,
        })
    }

    /// Waits until everything that is committed now is published; `false` if that takes too long.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn ledger_settled(&self) -> Result<bool, EngineError> {
        let committed = self.shared.store.leaf_count()?;
        let _ = self.shared.publish.try_send(());
        Ok(self.published(committed))
    }

    /// Waits until so many leaves are published, a moment or, while publishing fails, not at all: callers hold a thread each.
    fn published(&self, leaves: u64) -> bool {
        let wait = if self.shared.publishing_fails.load(Ordering::SeqCst) { Duration::ZERO } else { self.shared.proof_wait };
        self.shared.ledger.wait_for(leaves, wait)
    }

    /// The proof that the published ledger extends the tree of `older` leaves, and the head it leads to.
    ///
    /// # Errors
    /// No such older tree, and those of the disk.
    pub fn ledger_extension(&self, older: u64) -> Result<(Arc<Head>, Vec<[u8; 32]>), EngineError> {
        let head = self.shared.ledger.head();
        let proof = self.shared.ledger.prove_extension(&head, older)?;
        Ok((head, proof))
    }

    /// The customer's receipts, newest first: those before the leaf `before` if that is given, `most` at most. `portal` is where the
    /// customer's own pages are. Reads the disk: O(`most`); waits up to [`Options::proof_wait`](super::Options::proof_wait) for a proof, and not at all while publishing fails.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`]; [`EngineError::LedgerBehind`] if a proof is not published in time; those of the disk.
    pub fn receipts(&self, customer: Handle, before: Option<u64>, most: usize, portal: Option<&str>) -> Result<Receipts, EngineError> {
        let mut placed = self.placed_choices(customer, before, most)?;
        let more = placed.len() > most;
        placed.truncate(most);
        let ledger = &self.shared.ledger;
        if let Some(newest) = placed.first()
            && !self.published(newest.index + 1)
        {
            return Err(EngineError::LedgerBehind);
        }
        let (head, rules, at) = (ledger.head(), self.shared.rules(), self.shared.clock.now());
        let mut receipts = Vec::with_capacity(placed.len());
        for choice in &placed {
            let proof = ledger.prove(&head, choice.index)?;
            let then = self.policy_of(choice.at)?;
            let how = Issue { policy: &then, now: &rules.policy, at, portal, key: ledger.key(), checkpoint: &head.note, proof: &proof };
            let committed = Committed { core: &choice.core, salt: &choice.salt, index: choice.index };
            receipts.push(issue(&committed, &how, |text| ledger.sign(text)).map_err(|e| EngineError::Policy(e.to_string()))?);
        }
        Ok(Receipts { before: placed.last().filter(|_| more).map(|last| last.index), receipts })
    }

    /// The newest of the customer's choices and disclosures that have a leaf, of those before the leaf `before` if that is given, newest first: more than
    /// `most` where there are more. Reads the rows of these few; all of the older ones only in the oldest folders.
    fn placed_choices(&self, customer: Handle, before: Option<u64>, most: usize) -> Result<Vec<Placed>, EngineError> {
        let store = &self.shared.store;
        let mut positions = {
            let views = self.shared.views.read();
            let record = views.customer(customer).ok_or(EngineError::UnknownCustomer)?;
            views.noted(record, has_receipt)
        };
        // Leaves are numbered in the order of their rows.
        if let Some(from) = before.map(|before| store.leaf_position(before)).transpose()?.flatten() {
            positions.retain(|position| *position < from);
        }
        let (mut placed, mut unplaced) = (Vec::new(), HashMap::new());
        while !positions.is_empty() && (placed.len() <= most || !unplaced.is_empty()) {
            let some = positions.split_off(positions.len().saturating_sub(ROWS_AT_ONCE));
            for row in store.read(&some)?.iter().rev() {
                let index = store.leaf_index(row.meta.position)?;
                if index.zip(before).is_some_and(|(index, before)| index >= before) {
                    continue;
                }
                let Some((core, salt, at)) = self.committed(row)? else { continue };
                let leaf = ledger::leaf(&salt, &core).map_err(|e| EngineError::Policy(e.to_string()))?;
                match index {
                    Some(index) if store.leaves(index..index + 1)? == [leaf] => placed.push(Placed { core, salt, index, at }),
                    Some(index) => return Err(LedgerError::LeafAltered { index }.into()),
                    None => _ = unplaced.insert(leaf, (core, salt, at)),
                }
            }
        }
        self.look_through(&mut placed, unplaced)?;
        placed.retain(|choice| before.is_none_or(|before| choice.index < before));
        placed.sort_by_key(|choice| std::cmp::Reverse(choice.index));
        Ok(placed)
    }

    /// Core and salt of a choice's leaf, if it has one, and when it was made. The leaf names the record that the choice was made under, also where the customer
    /// is known by another one by now.
    fn committed(&self, row: &Opened) -> Result<Option<(Value, [u8; 32], Time)>, EngineError> {
        let fact = super::writer::read_fact(row)?.1;
        let Some(salt) = salt_of(&fact) else { return Ok(None) };
        let handle = {
            let views = self.shared.views.read();
            views.records.by_id(row.meta.record).and_then(|ix| views.records.get(ix)).and_then(|record| record.handle)
        };
        Ok(handle.and_then(|handle| Some((ledger::core_of(handle, &fact)?, salt, fact.recorded_at()?))))
    }

    /// Finds the leaves that were written before leaves knew their rows. O(leaves), for the oldest folders only.
    fn look_through(&self, placed: &mut Vec<Placed>, mut unplaced: HashMap<[u8; 32], (Value, [u8; 32], Time)>) -> Result<(), EngineError> {
        let count = if unplaced.is_empty() { 0 } else { self.shared.store.leaf_count()? };
        let mut from = 0;
        while from < count && !unplaced.is_empty() {
            for (index, leaf) in (from..).zip(self.shared.store.leaves(from..count.min(from + LOOK_THROUGH))?) {
                if let Some((core, salt, at)) = unplaced.remove(&leaf) {
                    placed.push(Placed { core, salt, index, at });
                }
            }
            from += LOOK_THROUGH;
        }
        Ok(())
    }
}
