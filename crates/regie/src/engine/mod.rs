//! The engine: commands become facts, facts become views, views answer questions.
//!
//! Reads never touch the disk on the hot path; writes go through one writer. [`Engine`] is a cheap handle on both.
//! Invariant: acknowledged means durable and applied. Left out: HTTP, pages, who may ask (their callers know).

pub mod api;
mod aside;
#[doc(hidden)]
pub mod audit;
mod check;
mod choices;
pub mod clock;
pub mod contest;
mod contribution;
mod decide;
mod difference;
pub mod disclosures;
pub mod ended;
pub mod error;
pub mod flow;
mod fold;
mod information;
mod informed;
mod ledger;
pub mod limits;
pub mod mail;
#[doc(hidden)]
pub mod measure;
pub mod past;
pub mod proof;
mod read;
mod recall;
mod recognise;
mod recommend;
pub mod restrict;
mod rules;
pub mod settings;
mod signals;
mod sketch;
mod start;
mod take_along;
pub mod timeline;
pub mod uses;
mod views;
mod writer;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::hmac;
use crossbeam_channel::{Sender, TrySendError};
use parking_lot::{Mutex, RwLock};
use regie_domain::collection::Incoming;
use regie_domain::consent::PurposeState;
use regie_domain::fact::{Actor, Fact, Identifier};
use regie_domain::ids::Handle;
use regie_domain::policy::Policy;
use regie_domain::time::Time;
use regie_store::journal::Journal;
use regie_store::ledger::Ledger;
use regie_store::{SqliteStore, Store, StoreError};
use tokio::sync::oneshot;

use choices::choice;
pub use decide::ends_text;
pub use difference::Difference;
pub use error::EngineError;
pub use information::{GoesBy, Information};
pub use ledger::Receipts;
pub(crate) use ledger::leaf_of;
pub use read::{ask_again_at, state_json, until_words};
pub(crate) use recall::check as check_notes;
pub use rules::{hex, random, unhex};
pub(crate) use start::{JOURNAL, JOURNAL_KEY};
pub use start::{Options, Progress};
pub use take_along::{Beside, Carries, JOIN, TAKE_ALONG};
pub(crate) use uses::not_folded;
pub use views::policies::FormerNames;
pub use writer::{Collected, Refusal};

use api::{CatalogueItem, Erased};
use clock::Clock;
use contribution::Grants;
use limits::Limits;
use recommend::OnceAnswer;
use rules::Rules;
use views::Views;
use views::popular::Tallies;
use writer::{ChoiceMaker, Chose, Command, Other, Reply, Standpoint};

/// How many commands may wait; beyond it callers are told to come back.
const QUEUE_MAX: usize = 4096;
/// What an overloaded caller is told to wait.
const RETRY_AFTER_SECONDS: u32 = 1;

/// So long a device is remembered at most without being seen.
pub(crate) const DEVICE_SECONDS_MAX: i64 = 365 * 86_400;

/// What readers and the writer share.
pub(crate) struct Shared {
    store: SqliteStore,
    journal: Journal,
    ledger: Ledger,
    /// Wakes the publisher; nobody waits for it.
    publish: Sender<()>,
    /// The last attempt to publish failed: a receipt does not wait for the next one.
    publishing_fails: AtomicBool,
    /// How long a receipt waits for its proof.
    proof_wait: Duration,
    views: RwLock<Views>,
    /// The writer's own; nobody takes another lock while holding this one.
    tallies: Mutex<Tallies>,
    /// In force while the process lives.
    rules: Arc<Rules>,
    limits: Limits,
    clock: Clock,
    /// Recommendations that used a permission for once up, by request: a retry repeats the answer, whose grounds are gone.
    once: Mutex<HashMap<(Handle, String), OnceAnswer>>,
    /// Earlier policies by their digest, as far as somebody asked about their time.
    past_policies: Mutex<Vec<(String, Arc<Policy>)>>,
    /// Held while uses move from the journal into the log: who reads both must see them once. Taken before `views`.
    moving: RwLock<()>,
    /// Whose turn it is to contest or to answer: what is on the disk is looked at first.
    contests: tokio::sync::Mutex<()>,
    /// Hashes the identifiers in proofs of past consents, and serves nothing else.
    claims: hmac::Key,
    /// The store takes nothing: what was withdrawn could not be recorded, so nothing that could be withdrawn is permitted (rule 29).
    cut_off: AtomicBool,
    stopping: AtomicBool,
}

impl Shared {
    fn rules(&self) -> Arc<Rules> {
        self.rules.clone()
    }

    fn is_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::SeqCst)
    }

    /// Notes whether the store takes what is written.
    fn note_store<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        let failed = match &done {
            Ok(_) => false,
            Err(StoreError::StorageFull { .. } | StoreError::Io { .. } | StoreError::ReadOnly { .. } | StoreError::FactsCorrupt { .. }) => {
                true
            }
            // It says something about this commit, not about the next.
            Err(_) => return done,
        };
        if self.cut_off.swap(failed, Ordering::SeqCst) != failed {
            metrics::gauge!("regie_cut_off").set(f64::from(u8::from(failed)));
            if failed {
                tracing::error!("the store takes nothing: only what rests on a contract or the law is permitted until it does");
            } else {
                tracing::warn!("the store takes writes again");
            }
        }
        done
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// A handle on the running engine; clone it freely.
#[derive(Debug, Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    queue: Sender<Command>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    /// See [`Engine::for_request`].
    request: Option<Arc<str>>,
}

impl Engine {
    /// The same engine for one request that a caller names: what it chooses is recorded under that name, and a retry, however late and
    /// also after a restart, chooses nothing again. Each choice then reads the customer's choices first: O(the customer's facts).
    #[must_use]
    pub fn for_request(&self, name: Option<String>) -> Engine {
        Engine { request: name.map(Arc::from), ..self.clone() }
    }

    /// The engine's now.
    pub fn now(&self) -> Time {
        self.shared.clock.now()
    }

    /// The policy in force.
    pub fn policy(&self) -> PolicyInForce {
        PolicyInForce(self.shared.rules())
    }

    /// How what the policy in force does not name any more was called. O(1).
    pub fn former_names(&self) -> Arc<FormerNames> {
        self.shared.views.read().policies.former()
    }

    /// Since when the policy in force is.
    pub fn policy_since(&self) -> Time {
        self.shared.views.read().policies.all().last().map_or(Time::from_millis(0), |adopted| adopted.at)
    }

    /// Is the wall clock in doubt? Then nothing is deleted because of time.
    pub fn is_time_doubted(&self) -> bool {
        self.shared.clock.is_doubted()
    }

    /// An operator says that the wall clock is right. What was unlearned by a wrong one is learned again by upkeep. O(customers).
    pub fn confirm_time(&self) {
        self.shared.clock.confirm();
        let (rules, judge) = (&self.shared.rules, self.shared.clock.judge());
        let changed: Vec<_> = {
            let views = self.shared.views.read();
            let customers = views.records.iter().map(|(ix, _)| ix).filter(|&ix| views.customers.canonical(ix) == ix);
            customers.filter(|&c| Grants::at(&views, &rules.policy, &rules.asked, c, judge) != views.granted(c)).collect()
        };
        for customers in changed.chunks(1000) {
            let mut views = self.shared.views.write();
            customers.iter().for_each(|&customer| views.terms.at_latest(customer, 1));
        }
        let _ = self.queue.try_send(Command::Upkeep { reply: None });
    }

    /// Is the store unable to take anything? Then only what rests on a contract or the law is permitted.
    pub fn is_cut_off(&self) -> bool {
        self.shared.is_cut_off()
    }

    /// How many uses could not be recorded since the start, because the disk stalled for longer than there is memory for them.
    pub fn uses_lost(&self) -> u64 {
        self.shared.journal.lost()
    }

    /// A key of the program's own, by name: cookies, portal links.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn service_key(&self, name: &str) -> Result<[u8; 32], EngineError> {
        Ok(self.shared.store.service_key(name)?)
    }

    /// Takes a source's events. Durable when it returns.
    ///
    /// # Errors
    /// [`EngineError::Overloaded`] if too much waits, and those of the store: then none is acknowledged.
    pub async fn collect(&self, source: &str, messages: Vec<Incoming>) -> Result<Collected, EngineError> {
        self.send(|reply| Command::Collect { source: source.to_owned(), messages, reply }).await
    }

    /// The customer's handle for an identifier whose customer acts: found, or opened now.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn open_record(&self, identifier: Identifier, source: &str) -> Result<Handle, EngineError> {
        self.send(|reply| Command::OpenRecord { identifier, source: source.to_owned(), on_page: false, reply }).await
    }

    /// The same for a device of somebody who logs in nowhere, to which our own cookie alone leads back: once that must have lapsed, what was
    /// chosen on it goes.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn open_device(&self, identifier: Identifier, source: &str) -> Result<Handle, EngineError> {
        self.send(|reply| Command::OpenRecord { identifier, source: source.to_owned(), on_page: true, reply }).await
    }

    /// Puts items into the catalogue.
    ///
    /// # Errors
    /// As [`Engine::collect`].
    pub async fn put_catalogue(&self, items: Vec<CatalogueItem>) -> Result<usize, EngineError> {
        self.send(|reply| Command::PutCatalogue { items, reply }).await
    }

    /// Joins two records into one customer.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`], [`EngineError::SameCustomer`]; as [`Engine::collect`] otherwise.
    pub async fn join(&self, customer: Handle, other: Handle, actor: Actor) -> Result<(), EngineError> {
        self.send(|reply| Command::Join { customer, other: Other::Customer(other), actor, reply }).await
    }

    /// Ends a customer's data everywhere: facts, keys, views, model, uses. When it returns no byte of them is in any file.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`]; as [`Engine::collect`] otherwise.
    pub async fn erase(&self, customer: Handle) -> Result<Erased, EngineError> {
        self.send(|reply| Command::Erase { customer, reply }).await
    }

    /// One round of upkeep now: rows whose term ran out, uses to fold, old tallies.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn upkeep(&self) -> Result<(), EngineError> {
        self.send(|reply| Command::Upkeep { reply: Some(reply) }).await
    }

    /// Does the writer work? Not once it is told to stop, nor if it died.
    pub fn is_writing(&self) -> bool {
        !self.shared.stopping.load(Ordering::SeqCst) && self.threads.lock().iter().all(|thread| !thread.is_finished())
    }

    /// Stops: what was sent before is done, the journal is flushed, and the write-ahead logs are emptied into the files. Blocks until
    /// then; a reader in the way can make that ten seconds.
    pub fn stop(&self) {
        if self.shared.stopping.swap(true, Ordering::SeqCst) {
            return;
        }
        let _ = self.queue.send(Command::Stop);
        let _ = self.shared.publish.try_send(());
        for thread in self.threads.lock().drain(..) {
            let _ = thread.join();
        }
        // Whoever copies the folder now has everything in the files themselves, whatever still holds the store.
        if let Err(e) = self.shared.store.truncate_logs() {
            tracing::warn!(code = e.code(), "the write-ahead logs could not be emptied; a copy of the folder needs them too");
        }
    }

    async fn choose(
        &self,
        customer: Handle,
        make: impl FnOnce(&Standpoint<'_>) -> Result<Vec<Fact>, EngineError> + Send + 'static,
    ) -> Result<Chose, EngineError> {
        let request = self.request.clone();
        let done = match request.clone() {
            Some(request) => self.reading(move |engine| engine.was_chosen(customer, &request)).await?,
            None => false,
        };
        let make: ChoiceMaker = if done { Box::new(|_| Ok(Vec::new())) } else { Box::new(make) };
        self.send(|reply| Command::Choose { customer, make, request, reply }).await
    }

    async fn send<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, EngineError> {
        if self.shared.stopping.load(Ordering::SeqCst) {
            return Err(EngineError::Stopping);
        }
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(command(reply)).map_err(|e| match e {
            TrySendError::Full(_) => EngineError::Overloaded { retry_after_seconds: RETRY_AFTER_SECONDS },
            TrySendError::Disconnected(_) => EngineError::Stopping,
        })?;
        answer.await.map_err(|_| EngineError::Stopping)?
    }

    fn state_of(&self, chose: &Chose, purpose: &str) -> Result<PurposeState, EngineError> {
        let rules = self.shared.rules();
        let unknown = || EngineError::UnknownId { what: "purpose", id: purpose.chars().take(64).collect() };
        let ix = rules.policy.purpose(purpose).ok_or_else(unknown)?;
        chose.states.iter().find(|s| s.purpose == ix).copied().ok_or_else(unknown)
    }
}

/// The policy in force, held as long as this lives.
#[derive(Debug, Clone)]
pub struct PolicyInForce(Arc<Rules>);

impl std::ops::Deref for PolicyInForce {
    type Target = Policy;
    fn deref(&self) -> &Policy {
        &self.0.policy
    }
}
