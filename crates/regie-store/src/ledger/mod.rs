//! The ledger on disk: the tree over the leaves that facts were written with, published in tiles under a signed checkpoint.
//!
//! Leaves are durable in `facts.db` before anybody reads them here, in the same transaction as their facts. Publishing is a thread's
//! business that waits for nobody and for whom nobody waits: tiles first, durable, then the checkpoint.
//! Invariant: a checkpoint is signed only over leaves that are durable, and never one that an earlier one does not lead to; what a
//! start finds otherwise it refuses ([`LedgerError`]). Left out: what a leaf commits to, HTTP, the thread itself.

mod audit;
mod error;
mod source;
mod tiles;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use hashbrown::HashMap;
use parking_lot::{Condvar, Mutex, RwLock};
use regie_domain::ledger::checkpoint::{Checkpoint, VerifierKey};
use regie_domain::ledger::edge::Edge;
use regie_domain::ledger::proof;
use regie_domain::ledger::tile::{self, HEIGHT, Nodes, Tile, WIDTH};
use regie_domain::ledger::tree::{Hash, entry_hash};

pub use error::LedgerError;
pub use source::{Bundles, FolderLeaves, Leaves, RowsBehind};
use tiles::{Tiles, Writing};

use crate::{Store, StoreError, folder};

/// The service key that signs.
const KEY: &str = "ledger";
/// Leaves that one checkpoint takes up at most: a first start with millions of them goes in steps.
const STEP: u64 = 65_536;
/// Full tiles that are kept in memory, with the nodes above their hashes: 16 KiB each.
const CACHED_TILES: usize = 512;

/// Full tiles by level and index.
type Cache = HashMap<(u8, u64), Arc<Nodes>>;

/// Ed25519, for whoever checks: does this signature hold?
#[must_use]
pub fn verify_signature(key: &[u8; 32], text: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(text, signature).is_ok()
}

/// What is published at one moment.
#[derive(Debug)]
pub struct Head {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The same as a signed note.
    pub note: String,
    edge: Edge,
    /// The edge's tiles, level by level.
    nodes: Vec<Arc<Nodes>>,
}

impl Head {
    fn new(checkpoint: Checkpoint, note: String, edge: Edge) -> Self {
        let nodes = (0..7).map(|level| Arc::new(Nodes::of(edge.hashes(level).to_vec()))).collect();
        Self { checkpoint, note, edge, nodes }
    }

    /// The nodes of the last tile of a level, if that is not full.
    fn last(&self, level: u8) -> Arc<Nodes> {
        self.nodes.get(usize::from(level)).cloned().unwrap_or_default()
    }
}

/// A log that is published.
pub struct Ledger {
    tiles: Tiles,
    pair: Ed25519KeyPair,
    key: VerifierKey,
    head: RwLock<Arc<Head>>,
    /// Publishing goes one at a time.
    publishing: Mutex<()>,
    /// How far it got, for those who wait; never held while anything is written.
    published: Mutex<u64>,
    went_on: Condvar,
    cache: Mutex<Cache>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger").field("dir", &self.tiles.dir).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger of a store, and checks every leaf and tile against the checkpoint that was signed last, and that leaves name rows
    /// in their order. Begins a log where there was none. `origin` names a log that begins now. O(leaves).
    ///
    /// Leaves that no checkpoint vouches for yet the caller holds against their facts before the first [`Ledger::publish`]:
    /// [`Ledger::unpublished`].
    ///
    /// # Errors
    /// [`LedgerError`]: then nothing was changed.
    pub fn open(data: &Path, store: &impl Store, origin: Option<&str>) -> Result<Self, LedgerError> {
        let tiles = Tiles { dir: data.join(folder::LEDGER) };
        let note = Tiles::text(&tiles.checkpoint())?;
        let named = Tiles::text(&tiles.key())?;
        let Some(note) = note else {
            if named.is_some() || tiles.dir.join("tile").exists() {
                return Err(LedgerError::CheckpointMissing { file: tiles.checkpoint() });
            }
            return Self::begin(tiles, store, origin);
        };
        if !store.has_service_key(KEY) {
            return Err(LedgerError::KeyDiffers { file: tiles.key() });
        }
        let pair = key_pair(&store.service_key(KEY)?)?;
        let refuse = |why| LedgerError::Checkpoint { file: tiles.checkpoint(), why };
        let key = match &named {
            Some(named) => {
                let named = VerifierKey::parse(named).ok();
                let same = named.filter(|named| named.key().as_slice() == pair.public_key().as_ref());
                same.ok_or_else(|| LedgerError::KeyDiffers { file: tiles.key() })?
            }
            None => verifier_key(note.lines().next().unwrap_or_default(), &pair).map_err(refuse)?,
        };
        let checkpoint = Checkpoint::open(&note, &key, &verify_signature).map_err(refuse)?;
        audit::not_cut(&tiles, store)?;
        let edge = audit::audit(&tiles, Some(store), &checkpoint, &|_, _| {})?;
        source::in_order(store)?;
        if named.is_none() {
            tracing::warn!("the ledger's public key was missing beside it and is written again");
            tiles.replace(&tiles.key(), &format!("{key}\n"))?;
        }
        Ok(Self::with(tiles, pair, key, Head::new(checkpoint, note, edge)))
    }

    /// A log that has published nothing yet.
    fn begin(tiles: Tiles, store: &impl Store, origin: Option<&str>) -> Result<Self, LedgerError> {
        let has_signed = store.has_service_key(KEY);
        if has_signed && !tiles.dir.exists() {
            return Err(LedgerError::Missing { dir: tiles.dir });
        }
        // The folder comes before the key: a key without a folder is one that was lost.
        folder::create(&tiles.dir)?;
        folder::sync(tiles.dir.parent().unwrap_or(&tiles.dir))?;
        if has_signed {
            tracing::warn!("the ledger folder is empty: a new log begins, under a new key; whoever knows the old key will see it");
            store.destroy_service_key(KEY)?;
        }
        let pair = key_pair(&store.service_key(KEY)?)?;
        let own: String = pair.public_key().as_ref().iter().take(8).map(|b| format!("{b:02x}")).collect();
        let name = origin.filter(|name| regie_domain::ledger::checkpoint::is_key_name(name)).map_or(format!("regie/{own}"), str::to_owned);
        let key = verifier_key(&name, &pair).map_err(|why| LedgerError::Checkpoint { file: tiles.key(), why })?;
        let edge = Edge::default();
        let checkpoint = Checkpoint { origin: name, size: 0, root: edge.root() };
        let note = checkpoint.signed(&key, |text| sign(&pair, text));
        tiles.replace(&tiles.checkpoint(), &note)?;
        tiles.replace(&tiles.key(), &format!("{key}\n"))?;
        Ok(Self::with(tiles, pair, key, Head::new(checkpoint, note, edge)))
    }

    fn with(tiles: Tiles, pair: Ed25519KeyPair, key: VerifierKey, head: Head) -> Self {
        let size = head.checkpoint.size;
        Self {
            tiles,
            pair,
            key,
            head: RwLock::new(Arc::new(head)),
            publishing: Mutex::default(),
            published: Mutex::new(size),
            went_on: Condvar::new(),
            cache: Mutex::default(),
        }
    }

    /// The public key.
    #[must_use]
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// What is published now.
    #[must_use]
    pub fn head(&self) -> Arc<Head> {
        self.head.read().clone()
    }

    /// Signs with the log's key: checkpoints, and receipts.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        sign(&self.pair, text)
    }

    /// The leaves beyond the checkpoint, by the positions of their rows: what the next checkpoint would sign.
    ///
    /// # Errors
    /// [`LedgerError::RowOutOfOrder`] for one that knows no row, though the log has published before; those of the disk.
    pub fn unpublished(&self, store: &impl Store) -> Result<HashMap<u64, Hash>, LedgerError> {
        let (size, count) = (self.head().checkpoint.size, store.leaf_count()?);
        let mut found = HashMap::new();
        for part in source::parts(size..count) {
            let leaves = store.leaf_positions(part.clone())?.into_iter().zip(store.leaves(part.clone())?);
            for (index, (position, leaf)) in part.zip(leaves) {
                match position {
                    Some(position) => _ = found.insert(position, leaf),
                    // The first leaves of the oldest folders, which never published.
                    None if size == 0 => {}
                    None => return Err(LedgerError::RowOutOfOrder { index }),
                }
            }
        }
        Ok(found)
    }

    /// Publishes what came since. Returns how many leaves are published.
    ///
    /// # Errors
    /// Those of the disk: then what was published stands, and the next call goes on from it.
    pub fn publish(&self, leaves: &impl Leaves) -> Result<u64, LedgerError> {
        let _one_at_a_time = self.publishing.lock();
        let count = leaves.count()?;
        let mut size = self.head().checkpoint.size;
        while size < count {
            size = self.publish_step(leaves, count.min((size / STEP + 1) * STEP))?;
            *self.published.lock() = size;
            self.went_on.notify_all();
        }
        Ok(size)
    }

    fn publish_step(&self, leaves: &impl Leaves, size: u64) -> Result<u64, LedgerError> {
        let head = self.head();
        let mut edge = head.edge.clone();
        let mut writing = Writing::to(&self.tiles);
        let before = edge.clone();
        for leaf in leaves.range(edge.size()..size)? {
            edge.push(entry_hash(&leaf), |tile, hashes| writing.tile(&tile, hashes))?;
        }
        for (tile, hashes) in edge.partial() {
            if before.hashes(tile.level) != hashes {
                writing.tile(&tile, hashes)?;
            }
        }
        let filled = writing.finish()?;
        let checkpoint = Checkpoint { origin: head.checkpoint.origin.clone(), size: edge.size(), root: edge.root() };
        let note = checkpoint.signed(&self.key, |text| sign(&self.pair, text));
        self.tiles.replace(&self.tiles.checkpoint(), &note)?;
        *self.head.write() = Arc::new(Head::new(checkpoint, note, edge));
        for partial in filled {
            // Left over they do no harm; most tiles never had one.
            let _none = std::fs::remove_dir_all(partial);
        }
        Ok(size)
    }

    /// Waits until so many leaves are published; `false` if that takes longer than `most`.
    #[must_use]
    pub fn wait_for(&self, size: u64, most: Duration) -> bool {
        let until = Instant::now() + most;
        let mut published = self.published.lock();
        while *published < size {
            if self.went_on.wait_until(&mut published, until).timed_out() {
                return *published >= size;
            }
        }
        true
    }

    /// The proof that leaf `index` is in a published tree. A few tiles and some 600 hashes.
    ///
    /// # Errors
    /// [`LedgerError::Proof`], and those of the disk.
    pub fn prove(&self, head: &Head, index: u64) -> Result<Vec<Hash>, LedgerError> {
        proof::prove_inclusion(index, head.checkpoint.size, |height, at| self.node(head, height, at))
    }

    /// The proof that a published tree extends the one that had `older` leaves.
    ///
    /// # Errors
    /// As [`Ledger::prove`].
    pub fn prove_extension(&self, head: &Head, older: u64) -> Result<Vec<Hash>, LedgerError> {
        proof::prove_consistency(older, head.checkpoint.size, |height, at| self.node(head, height, at))
    }

    /// The content of a tile that is published; `None` if there is none of this width.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, LedgerError> {
        let head = self.head();
        if !tile.is_in(head.checkpoint.size) {
            return Ok(None);
        }
        let nodes = self.nodes(&head, tile.level, tile.index)?;
        Ok(nodes.hashes().get(..usize::from(tile.width)).map(|hashes| hashes.as_flattened().to_vec()))
    }

    /// The entries behind a tile of level 0, as `/tile/entries/` serves them; `None` if they are not published.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn entries(&self, leaves: &impl Leaves, tile: &Tile) -> Result<Option<Vec<u8>>, LedgerError> {
        if !tile.is_in(self.head().checkpoint.size) {
            return Ok(None);
        }
        let first = tile.index * WIDTH;
        let all = leaves.range(first..first + u64::from(tile.width))?;
        Ok((all.len() == usize::from(tile.width)).then(|| tile::entry_bundle(&all)))
    }

    fn node(&self, head: &Head, height: u8, index: u64) -> Result<Hash, LedgerError> {
        let (level, within) = (height / HEIGHT, height % HEIGHT);
        let tile = (index << within) / WIDTH;
        self.nodes(head, level, tile)?
            .root(tile, within, index)
            .ok_or_else(|| proof::ProofError::IndexPastEnd { index: index << within, size: head.checkpoint.size }.into())
    }

    /// All that a published tree has of a tile.
    fn nodes(&self, head: &Head, level: u8, index: u64) -> Result<Arc<Nodes>, LedgerError> {
        let Some(tile) = Tile::in_tree(level, index, head.checkpoint.size) else { return Ok(Arc::default()) };
        if !tile.is_full() {
            return Ok(head.last(level));
        }
        if let Some(found) = self.cache.lock().get(&(level, index)) {
            return Ok(found.clone());
        }
        let read = Arc::new(Nodes::of(self.tiles.read(&tile)?));
        let mut cache = self.cache.lock();
        if cache.len() >= CACHED_TILES {
            // A tile higher up is in the proofs of so many more leaves: it stays.
            cache.retain(|&(other, _), _| other > level);
        }
        cache.insert((level, index), read.clone());
        Ok(read)
    }
}

fn key_pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, StoreError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| StoreError::CryptoFailed { doing: "making the ledger's key" })
}

fn verifier_key(name: &str, pair: &Ed25519KeyPair) -> Result<VerifierKey, regie_domain::ledger::checkpoint::CheckpointError> {
    let mut public = [0; 32];
    public.copy_from_slice(pair.public_key().as_ref());
    VerifierKey::new(name, public)
}

fn sign(pair: &Ed25519KeyPair, text: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature.copy_from_slice(pair.sign(text).as_ref());
    signature
}

/// What checking a log on disk from outside found.
#[derive(Debug)]
pub struct Audited {
    /// The signed head that holds.
    pub checkpoint: Checkpoint,
    /// The key that signed it.
    pub key: VerifierKey,
    /// Was the key known from elsewhere, or taken from beside the log?
    pub pinned: bool,
    /// Leaves were compared, not tiles alone; `None`: there were none to compare.
    pub leaves: Option<u64>,
    tiles: Tiles,
    edge: Edge,
}

/// Checks a log on disk without any secret: in a data folder, or as copied from a server (`checkpoint`, `tile/…`). O(leaves).
///
/// # Errors
/// The first thing that does not hold.
pub fn audit(dir: &Path, key: Option<&VerifierKey>, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Audited, LedgerError> {
    let in_folder = FolderLeaves::of(dir);
    let tiles = Tiles { dir: if in_folder.is_some() { dir.join(folder::LEDGER) } else { dir.to_path_buf() } };
    let note = Tiles::text(&tiles.checkpoint())?.ok_or_else(|| LedgerError::CheckpointMissing { file: tiles.checkpoint() })?;
    let named = Tiles::text(&tiles.key())?;
    let pinned = key.is_some();
    let key = match (key, named) {
        (Some(key), _) => key.clone(),
        (None, Some(named)) => VerifierKey::parse(&named).map_err(|why| LedgerError::Checkpoint { file: tiles.key(), why })?,
        (None, None) => return Err(LedgerError::KeyMissing { file: tiles.key() }),
    };
    let checkpoint =
        Checkpoint::open(&note, &key, &verify_signature).map_err(|why| LedgerError::Checkpoint { file: tiles.checkpoint(), why })?;
    if let Some(leaves) = &in_folder {
        audit::not_cut(&tiles, leaves)?;
    }
    let bundles = Bundles::of(&tiles.dir, checkpoint.size);
    let leaves: Option<&dyn Leaves> = match (&in_folder, &bundles) {
        (Some(leaves), _) => Some(leaves),
        (None, Some(bundles)) => Some(bundles),
        (None, None) => None,
    };
    let edge = audit::audit(&tiles, leaves, &checkpoint, progress)?;
    let leaves = leaves.map(Leaves::count).transpose()?;
    Ok(Audited { checkpoint, key, pinned, leaves, tiles, edge })
}

impl Audited {
    /// Checks that this log extends an older head of it: what a witness asks.
    ///
    /// # Errors
    /// [`LedgerError::Proof`] if it does not: [`proof::ProofError::Forked`] where this log had another root at that size.
    pub fn extends(&self, older: &Checkpoint) -> Result<(), LedgerError> {
        let (size, root) = (self.checkpoint.size, &self.checkpoint.root);
        let proof = proof::prove_consistency(older.size, size, |height, index| {
            let (level, within) = (height / HEIGHT, height % HEIGHT);
            let number = (index << within) / WIDTH;
            let hashes = match Tile::in_tree(level, number, size) {
                Some(tile) if tile.is_full() => self.tiles.read(&tile)?,
                _ => self.edge.hashes(level).to_vec(),
            };
            let root = Nodes::of(hashes).root(number, within, index);
            root.ok_or(LedgerError::Proof(proof::ProofError::IndexPastEnd { index, size }))
        })?;
        proof::verify_consistency((older.size, &older.root), (size, root), &proof).map_err(|e| match e {
            // The proof was made here, of a tree that was checked: it is the older head that is another's.
            proof::ProofError::RootDiffers => LedgerError::Proof(proof::ProofError::Forked { size: older.size }),
            e => LedgerError::Proof(e),
        })
    }
}
