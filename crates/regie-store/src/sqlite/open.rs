//! Opening a data folder: the checks that must hold before anything is read, and the completing of what a crash cut short.

use std::path::Path;

use hashbrown::HashSet;
use parking_lot::Mutex;
use regie_domain::ids::RecordId;
use rusqlite::OptionalExtension as _;

use super::append::{bury, read_head};
use super::database::{Access, Database};
use super::erase::unfinished;
use super::hollowed::Counter;
use super::keys::Keys;
use super::read::Readers;
use super::{Head, SqliteStore, Writer, wal};
use crate::tombstones::{self, TombstoneLog};
use crate::{MasterKey, StoreError, folder, tombstone};

const SCHEMA: &str = "
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE head(one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL, leaves INTEGER NOT NULL);
    INSERT INTO head VALUES (1, 0, 0);
    -- A deleted row keeps its position and nothing else. `sealed` is a number where the content outgrew its place: the slot in `grown`.
    CREATE TABLE facts(position INTEGER PRIMARY KEY, record BLOB, n INTEGER, revision INTEGER, format INTEGER, choice INTEGER, sealed BLOB);
    CREATE TABLE grown(slot INTEGER PRIMARY KEY, revision INTEGER, sealed BLOB);
    -- The first slot, unused: from 2^40 on every slot takes six bytes, so that a row never grows when it gets another.
    INSERT INTO grown(slot) VALUES (1099511627776);
    CREATE TABLE leaves(idx INTEGER PRIMARY KEY, commitment BLOB NOT NULL, position INTEGER);
    CREATE TABLE tallies(day INTEGER, store TEXT, item TEXT, count INTEGER NOT NULL, PRIMARY KEY (day, store, item)) WITHOUT ROWID;
    CREATE TABLE named(name TEXT PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE tombstones(hash BLOB PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE erasing(id INTEGER PRIMARY KEY, positions BLOB NOT NULL);
";

impl SqliteStore {
    /// Opens a data folder for writing, made if it is missing, and completes erasures that were cut short.
    ///
    /// The caller then asks for [`crate::Store::pending_tombstones`], and replays: that finds rows without a key.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::FormatUnknown`], [`StoreError::MasterKeyWrong`], [`StoreError::FactsCorrupt`],
    /// [`StoreError::DatabasesMismatched`], [`StoreError::ServiceKeyMissing`], [`StoreError::TombstonesMissing`], [`StoreError::TombstonesGone`], [`StoreError::JournalMissing`], and those of the disk. Nothing is changed by a refused start.
    pub fn open(dir: &Path, master: &MasterKey) -> Result<Self, StoreError> {
        folder::create(dir)?;
        let lock = folder::lock(dir)?;
        let made = folder::is_made(dir)?;
        let access = if made { Access::Write } else { Access::Create };
        check_logs(dir)?;
        let keys = Keys::open(&dir.join(folder::KEYS), access, master)?;
        let facts = open_facts(dir, access, &keys)?;
        let head = facts.run(read_head)?;
        if !made && head.position > 0 {
            return Err(StoreError::FormatUnknown { dir: dir.to_path_buf(), found: String::new() });
        }
        let known = check_facts(&facts)?;
        if made {
            check_beside(dir, &known)?;
        }
        let (tombstones, logged) = TombstoneLog::open(&dir.join(folder::TOMBSTONES), !made)?;
        let counter = Counter::of(&keys)?;
        let store = Self {
            dir: dir.to_path_buf(),
            readers: Readers::new(&facts.file),
            writer: Some(Mutex::new(Writer { facts, head: Some(head), tombstones, counter: counter.clone(), _lock: lock })),
            keys,
            counter: Some(counter),
            pending: Mutex::default(),
            logged: Mutex::default(),
        };
        store.begin_hollowed(made)?;
        store.keys.list_services()?;
        store.honour_tombstones(&known, &logged)?;
        store.writer()?.lock().facts.run(give_leaves_positions)?;
        if !made {
            folder::mark_made(dir)?;
        }
        Ok(store)
    }

    /// Opens a data folder for reading only, also beside a process that writes; writing answers [`StoreError::ReadOnly`].
    ///
    /// # Errors
    /// As [`SqliteStore::open`], but for the lock and the tombstones.
    pub fn open_read_only(dir: &Path, master: &MasterKey) -> Result<Self, StoreError> {
        if !folder::is_made(dir)? {
            return Err(StoreError::FormatUnknown { dir: dir.to_path_buf(), found: String::new() });
        }
        let keys = Keys::open(&dir.join(folder::KEYS), Access::Read, master)?;
        let facts = open_facts(dir, Access::Read, &keys)?;
        let (readers, counter) = (Readers::new(&facts.file), Counter::found(&keys)?);
        Ok(Self { dir: dir.to_path_buf(), readers, writer: None, keys, counter, pending: Mutex::default(), logged: Mutex::default() })
    }

    /// What a start checks beside the rows and the ledger, for who only reads: that the database ends where it says, that the list of
    /// tombstones and the journal's folder are there and whole, and, unless somebody writes, that the write-ahead logs lost nothing. And what a start leaves to the first read: that the pages of the keys are what
    /// SQLite expects. (Those of the facts take too long to be read in one go beside a server that writes.) O(the keys).
    ///
    /// # Errors
    /// [`StoreError::FactsCorrupt`], [`StoreError::TombstonesMissing`], [`StoreError::TombstonesGone`], [`StoreError::JournalMissing`], and
    /// those of the disk.
    pub fn check(&self) -> Result<(), StoreError> {
        if !folder::is_locked(&self.dir)
            && let Err(lost) = check_logs(&self.dir)
            // Who began to write meanwhile changed what was read.
            && !folder::is_locked(&self.dir)
        {
            return Err(lost);
        }
        self.keys.db.lock().check_pages()?;
        check_beside(&self.dir, &self.readers.with(check_facts)?)
    }

    /// Completes what the log of tombstones says was begun, and notes what the engine has to erase again.
    fn honour_tombstones(&self, known: &HashSet<[u8; 32]>, logged: &HashSet<[u8; 32]>) -> Result<(), StoreError> {
        let writer = self.writer()?;
        if !logged.is_empty() {
            let (mut finished, mut pending) = (Vec::new(), Vec::new());
            let mut unseen: HashSet<[u8; 32]> = logged.difference(known).copied().collect();
            for record in self.keys.records() {
                let hash = tombstone(record);
                if known.contains(&hash) {
                    finished.push(record);
                } else if unseen.remove(&hash) {
                    pending.push(record);
                }
            }
            // Of those without a key there is nothing left to keep: rows that an older backup brought back may go.
            writer.lock().facts.run(|sql| {
                let writing = sql.unchecked_transaction()?;
                unseen.iter().try_for_each(|hash| bury(sql, hash))?;
                writing.commit()
            })?;
            self.keys.destroy(&finished, &[])?;
            if !finished.is_empty() || !pending.is_empty() {
                tracing::warn!(completed = finished.len(), pending = pending.len(), "erased records were found again");
            }
            *self.pending.lock() = pending;
        }
        let unfinished = unfinished(&writer.lock().facts)?;
        self.hollow_slices(&unfinished)?;
        writer.lock().facts.run(|sql| sql.execute("DELETE FROM erasing", []))?;
        match self.empty_logs() {
            // A reader beside us is no reason not to start; the next erasure empties the log.
            Err(StoreError::LogHeld { .. }) if unfinished.is_empty() => Ok(()),
            done => done,
        }
    }
}

fn open_facts(dir: &Path, access: Access, keys: &Keys) -> Result<Database, StoreError> {
    let facts = Database::open(&dir.join(folder::FACTS), access, 32 * 1024)?;
    facts.prepare(access, SCHEMA, |sql| {
        sql.execute("INSERT INTO meta(name, value) VALUES ('store', ?1)", [keys.store_id]).map(drop).map_err(|error| facts.failed(&error))
    })?;
    let store: Option<Vec<u8>> =
        facts.run(|sql| sql.query_row("SELECT value FROM meta WHERE name = 'store'", [], |row| row.get(0)).optional())?;
    match store {
        Some(store) if store == keys.store_id => Ok(facts),
        Some(_) => Err(StoreError::DatabasesMismatched { dir: dir.to_path_buf() }),
        None => Err(facts.damaged("it does not say which store it is")),
    }
}

/// The first folders of format 1 have leaves that do not know their rows; from now on they do. No row is touched.
fn give_leaves_positions(sql: &rusqlite::Connection) -> rusqlite::Result<()> {
    let has = sql.prepare("SELECT 1 FROM pragma_table_info('leaves') WHERE name = 'position'")?.exists([])?;
    if has { Ok(()) } else { sql.execute_batch("ALTER TABLE leaves ADD COLUMN position INTEGER") }
}

/// Checks what a start needs of the database beside its rows, at one moment. Returns its tombstones.
fn check_facts(facts: &Database) -> Result<HashSet<[u8; 32]>, StoreError> {
    let _reading = facts.run(|sql| sql.unchecked_transaction())?;
    check_head(facts, facts.run(read_head)?)?;
    let buried = facts.run(|sql| sql.prepare("SELECT hash FROM tombstones")?.query_map([], |row| row.get(0))?.collect())?;
    only_erased(facts, &unfinished(facts)?, &buried)?;
    Ok(buried)
}

/// What an unfinished erasure still has to take away are rows of records that are erased: a list that names others would take away a no.
fn only_erased(facts: &Database, positions: &[u64], buried: &HashSet<[u8; 32]>) -> Result<(), StoreError> {
    for position in positions {
        let ask = "SELECT record FROM facts WHERE position = ?1";
        let record: Option<Option<[u8; 16]>> =
            facts.run(|sql| sql.prepare_cached(ask)?.query_row([position.cast_signed()], |row| row.get(0)).optional())?;
        if record.flatten().is_some_and(|record| !buried.contains(&tombstone(RecordId(record)))) {
            return Err(facts.damaged("the list of an unfinished erasure names rows of records that were not erased"));
        }
    }
    Ok(())
}

fn check_logs(dir: &Path) -> Result<(), StoreError> {
    [folder::KEYS, folder::FACTS].iter().try_for_each(|name| wal::check(&dir.join(name)))
}

/// Checks what lies beside the databases: the list of tombstones, which knows of each that the database knows of, and the journal's folder.
fn check_beside(dir: &Path, known: &HashSet<[u8; 32]>) -> Result<(), StoreError> {
    let file = dir.join(folder::TOMBSTONES);
    let missing = known.difference(&tombstones::read(&file)?.known).count();
    if missing > 0 {
        return Err(StoreError::TombstonesMissing { file, missing });
    }
    let journal = dir.join(folder::JOURNAL);
    if journal.is_dir() { Ok(()) } else { Err(StoreError::JournalMissing { dir: journal }) }
}

/// The newest row is the one that the head names: a database that lost its end is noticed at once.
fn check_head(facts: &Database, head: Head) -> Result<(), StoreError> {
    let ends = facts.run(|sql| {
        let end = |ask: &str| sql.query_row(ask, [], |row| row.get::<_, Option<i64>>(0));
        Ok((end("SELECT max(position) FROM facts")?.unwrap_or(0), end("SELECT max(idx) FROM leaves")?.map_or(0, |last| last + 1)))
    })?;
    if ends == (head.position.cast_signed(), head.leaves.cast_signed()) {
        Ok(())
    } else {
        Err(facts.damaged("its rows do not end where its head says"))
    }
}
