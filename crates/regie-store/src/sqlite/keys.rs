//! `keys.db`: one random key per record, and the program's own named keys, all wrapped by the master key.
//!
//! Invariants: a record has at most one key; a destroyed key's bytes, and its record's id, are overwritten in place. The named keys are
//! listed under the master key's own seal, in the commit that makes or destroys one: one that somebody took away is missed. Notes are kept
//! in the commit that destroys the keys of whom they are about ([`super::notes`]).
//! There is no index on disk: where a record's key lies is a view in memory (about 44 MB for a million records), rebuilt when opened.
//! Random insertions into an index would leave copies behind that `secure_delete` does not reach (see `database`).

use std::path::Path;
use std::time::Duration;

use hashbrown::HashMap;
use parking_lot::{Mutex, RwLock};
use regie_domain::ids::RecordId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::database::{Access, Database};
use super::notes;
use crate::seal::{Key, Sealer, key_binding, nonces, random, service_key_binding, service_list_binding};
use crate::{MasterKey, StoreError};

const SCHEMA: &str = "
    CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE keys(slot INTEGER PRIMARY KEY, record BLOB, kid INTEGER, wrapped BLOB);
    CREATE TABLE service_keys(slot INTEGER PRIMARY KEY, name TEXT, kid INTEGER, wrapped BLOB);
";
/// Names the master key that a key is wrapped by; a rotation will count on.
const KID: u32 = 1;
/// What tells a wrong master key in the first folders of format 1, which have no list of service keys.
const CHECK: &[u8] = b"regie/master-key-check/1";
/// Half of the keys that are kept ready: two generations of 32,768.
const GENERATION: usize = 32_768;

/// All keys of a store.
pub(crate) struct Keys {
    pub(super) db: Mutex<Database>,
    pub(super) master: Sealer,
    slots: RwLock<HashMap<RecordId, u32>>,
    ready: Mutex<Ready>,
    services: Mutex<HashMap<String, (i64, Key)>>,
    /// Was there no list of the service keys when this was opened?
    unlisted: bool,
    /// Which store this is; `facts.db` must say the same.
    pub(crate) store_id: [u8; 16],
}

/// Unwrapped keys, the least recently used generation dropped at once: bounded, and cheap to keep.
#[derive(Default)]
struct Ready {
    young: HashMap<RecordId, Key>,
    old: HashMap<RecordId, Key>,
}

impl Ready {
    fn get(&mut self, record: RecordId) -> Option<Key> {
        if let Some(key) = self.young.get(&record) {
            return Some(*key);
        }
        let key = self.old.remove(&record)?;
        self.put(record, key);
        Some(key)
    }

    fn put(&mut self, record: RecordId, key: Key) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(record, key);
    }

    fn forget(&mut self, record: RecordId) {
        self.young.remove(&record);
        self.old.remove(&record);
    }
}

impl Keys {
    /// Opens `keys.db`; a wrong master key is noticed here.
    pub(crate) fn open(file: &Path, access: Access, master: &MasterKey) -> Result<Self, StoreError> {
        let db = Database::open(file, access, 8 * 1024)?;
        let master = Sealer::new(&master.0)?;
        db.prepare(access, SCHEMA, |sql| {
            let set = |name: &str, value: &[u8]| {
                sql.execute("INSERT INTO meta(name, value) VALUES (?1, ?2)", params![name, value])
                    .map(drop)
                    .map_err(|error| db.failed(&error))
            };
            let store = random::<16>()?;
            set("store", &store)?;
            set("check", &master.seal(random()?, &service_list_binding(&store), b"")?)
        })?;
        let unnamed = || db.damaged("it does not say which store it is");
        let (store, check, slots, wrapped) = db.run(|sql| {
            // One moment: a writer beside this reader may make a key and list it.
            let _reading = sql.unchecked_transaction()?;
            let meta =
                |name: &str| sql.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get::<_, Vec<u8>>(0)).optional();
            let mut statement = sql.prepare("SELECT slot, kid, name, wrapped FROM service_keys WHERE name IS NOT NULL")?;
            let wrapped = statement
                .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok((meta("store")?, meta("check")?, slots_in(sql)?, wrapped))
        })?;
        let mut check = check.ok_or_else(unnamed)?;
        let store_id: [u8; 16] = store.and_then(|store| store.try_into().ok()).ok_or_else(unnamed)?;
        let listed = match master.open(&service_list_binding(&store_id), &mut check.clone()) {
            Some(names) => Some(String::from_utf8_lossy(names).into_owned()),
            None if master.open(CHECK, &mut check).is_some() => None,
            None => return Err(StoreError::MasterKeyWrong { file: file.to_path_buf() }),
        };
        let mut services = HashMap::with_capacity(wrapped.len());
        for (slot, kid, name, wrapped) in wrapped {
            let key = unwrap(&master, &service_key_binding(kid, &name), wrapped)
                .ok_or_else(|| db.damaged("a service key cannot be unwrapped"))?;
            services.insert(name, (slot, key));
        }
        let missing: Vec<&str> = listed.iter().flat_map(|names| names.lines()).filter(|name| !services.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(StoreError::ServiceKeyMissing { file: file.to_path_buf(), names: missing.join(", ") });
        }
        Ok(Self {
            db: Mutex::new(db),
            master,
            slots: RwLock::new(slots),
            ready: Mutex::default(),
            services: Mutex::new(services),
            unlisted: listed.is_none(),
            store_id,
        })
    }

    /// Looks again where keys lie, for a reader beside a process that writes.
    pub(crate) fn refresh(&self) -> Result<(), StoreError> {
        let db = self.db.lock();
        *self.slots.write() = db.run(slots_in)?;
        *self.ready.lock() = Ready::default();
        Ok(())
    }

    /// Whether the record has a key.
    pub(crate) fn has(&self, record: RecordId) -> bool {
        self.slots.read().contains_key(&record)
    }

    /// All records with a key.
    pub(crate) fn records(&self) -> Vec<RecordId> {
        self.slots.read().keys().copied().collect()
    }

    /// Gives each of these records a key, unless it has one; durable on return.
    pub(crate) fn create(&self, records: &[RecordId]) -> Result<(), StoreError> {
        if records.iter().all(|record| self.has(*record)) {
            return Ok(());
        }
        let db = self.db.lock();
        let mut made: HashMap<RecordId, (u32, Key)> = HashMap::with_capacity(records.len());
        let mut nonces = nonces(records.len())?;
        let writing = db.run(|sql| sql.unchecked_transaction())?;
        for record in records {
            if self.has(*record) || made.contains_key(record) {
                continue;
            }
            let key: Key = random()?;
            let nonce = nonces.next().ok_or(StoreError::CryptoFailed { doing: "drawing nonces" })?;
            let wrapped = self.master.seal(nonce, &key_binding(KID, *record), &key)?;
            let slot = db.run(|sql| {
                sql.prepare_cached("INSERT INTO keys(record, kid, wrapped) VALUES (?1, ?2, ?3)")?
                    .execute(params![record.0, KID, wrapped])?;
                Ok(sql.last_insert_rowid())
            })?;
            let slot = u32::try_from(slot).map_err(|_| db.damaged("it holds more keys than can be counted"))?;
            made.insert(*record, (slot, key));
        }
        writing.commit().map_err(|error| db.failed(&error))?;
        let (mut slots, mut ready) = (self.slots.write(), self.ready.lock());
        for (record, (slot, key)) in made {
            slots.insert(record, slot);
            ready.put(record, key);
        }
        Ok(())
    }

    /// A record's key, `None` if it has none.
    pub(crate) fn key(&self, record: RecordId) -> Result<Option<Key>, StoreError> {
        if let Some(key) = self.ready.lock().get(record) {
            return Ok(Some(key));
        }
        // The database stays locked until the key is in the cache, so that a key being destroyed cannot slip back in.
        let db = self.db.lock();
        let Some(slot) = self.slots.read().get(&record).copied() else { return Ok(None) };
        let Some((kid, wrapped)) = Self::wrapped_at(&db, slot)? else { return Ok(None) };
        let key =
            unwrap(&self.master, &key_binding(kid, record), wrapped).ok_or_else(|| db.damaged("a record's key cannot be unwrapped"))?;
        self.ready.lock().put(record, key);
        Ok(Some(key))
    }

    /// A record's key as it lies on disk.
    pub(crate) fn wrapped(&self, record: RecordId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(slot) = self.slots.read().get(&record).copied() else { return Ok(None) };
        Ok(Self::wrapped_at(&self.db.lock(), slot)?.map(|(_, wrapped)| wrapped))
    }

    fn wrapped_at(db: &Database, slot: u32) -> Result<Option<(u32, Vec<u8>)>, StoreError> {
        db.run(|sql| {
            sql.prepare_cached("SELECT kid, wrapped FROM keys WHERE slot = ?1 AND wrapped IS NOT NULL")?
                .query_row([slot], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
    }

    /// Every key, unwrapped: for a replay, which would look up each of them.
    pub(crate) fn all(&self) -> Result<HashMap<RecordId, Key>, StoreError> {
        let db = self.db.lock();
        let mut keys = HashMap::with_capacity(self.slots.read().len());
        let mut statement = db.run(|sql| sql.prepare("SELECT record, kid, wrapped FROM keys WHERE record IS NOT NULL"))?;
        let rows =
            statement.query_map([], |row| Ok((RecordId(row.get(0)?), row.get(1)?, row.get(2)?))).map_err(|error| db.failed(&error))?;
        for row in rows {
            let (record, kid, wrapped) = row.map_err(|error| db.failed(&error))?;
            let key =
                unwrap(&self.master, &key_binding(kid, record), wrapped).ok_or_else(|| db.damaged("a record's key cannot be unwrapped"))?;
            keys.insert(record, key);
        }
        Ok(keys)
    }

    /// Destroys the keys of these records and keeps these notes, in one commit; durable on return. A record that has none is passed over; if
    /// none has one, it was done before.
    pub(crate) fn destroy(&self, records: &[RecordId], notes: &[Vec<u8>]) -> Result<(), StoreError> {
        let doomed: Vec<_> = records.iter().filter_map(|record| self.slots.read().get(record).map(|slot| (*record, *slot))).collect();
        if doomed.is_empty() {
            return Ok(());
        }
        let notes = self.seal_notes(notes)?;
        let db = self.db.lock();
        db.run(|sql| {
            let writing = sql.unchecked_transaction()?;
            notes::write(sql, &notes)?;
            for (_, slot) in &doomed {
                sql.prepare_cached("UPDATE keys SET record = NULL, kid = NULL, wrapped = NULL WHERE slot = ?1")?.execute([slot])?;
            }
            writing.commit()
        })?;
        let (mut slots, mut ready) = (self.slots.write(), self.ready.lock());
        for (record, _) in doomed {
            slots.remove(&record);
            ready.forget(record);
        }
        Ok(())
    }

    /// A named key; made when first asked for, if `may_create`.
    pub(crate) fn service(&self, name: &str, may_create: bool) -> Result<Option<Key>, StoreError> {
        let mut services = self.services.lock();
        if let Some((_, key)) = services.get(name) {
            return Ok(Some(*key));
        }
        if !may_create {
            return Ok(None);
        }
        let key: Key = random()?;
        let wrapped = self.master.seal(random()?, &service_key_binding(KID, name), &key)?;
        let list = self.sealed_list(services.keys().map(String::as_str).chain([name]))?;
        let slot = self.db.lock().run(|sql| {
            let writing = sql.unchecked_transaction()?;
            sql.execute("INSERT INTO service_keys(name, kid, wrapped) VALUES (?1, ?2, ?3)", params![name, KID, wrapped])?;
            let slot = sql.last_insert_rowid();
            write_list(sql, &list)?;
            writing.commit().map(|()| slot)
        })?;
        services.insert(name.to_owned(), (slot, key));
        Ok(Some(key))
    }

    /// Lists the service keys of a folder from before they were listed.
    pub(crate) fn list_services(&self) -> Result<(), StoreError> {
        if !self.unlisted {
            return Ok(());
        }
        let services = self.services.lock();
        let list = self.sealed_list(services.keys().map(String::as_str))?;
        self.db.lock().run(|sql| write_list(sql, &list))
    }

    fn sealed_list<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, StoreError> {
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        self.master.seal(random()?, &service_list_binding(&self.store_id), names.join("\n").as_bytes())
    }

    /// Whether there is a key of this name.
    pub(crate) fn has_service(&self, name: &str) -> bool {
        self.services.lock().contains_key(name)
    }

    /// Destroys a named key; durable on return.
    pub(crate) fn destroy_service(&self, name: &str) -> Result<(), StoreError> {
        let mut services = self.services.lock();
        let Some((slot, _)) = services.get(name) else { return Ok(()) };
        let list = self.sealed_list(services.keys().map(String::as_str).filter(|other| *other != name))?;
        self.db.lock().run(|sql| {
            let writing = sql.unchecked_transaction()?;
            sql.execute("UPDATE service_keys SET name = NULL, kid = NULL, wrapped = NULL WHERE slot = ?1", [slot])?;
            write_list(sql, &list)?;
            writing.commit()
        })?;
        services.remove(name);
        Ok(())
    }

    pub(crate) fn truncate_log(&self, wait: Duration) -> Result<(), StoreError> {
        self.db.lock().truncate_log(wait)
    }
}

fn write_list(sql: &Connection, sealed: &[u8]) -> rusqlite::Result<()> {
    sql.execute("UPDATE meta SET value = ?1 WHERE name = 'check'", [sealed]).map(drop)
}

fn slots_in(sql: &Connection) -> rusqlite::Result<HashMap<RecordId, u32>> {
    let mut statement = sql.prepare("SELECT slot, record FROM keys WHERE record IS NOT NULL")?;
    statement.query_map([], |row| Ok((RecordId(row.get(1)?), row.get(0)?)))?.collect()
}

fn unwrap(master: &Sealer, bound_to: &[u8], mut wrapped: Vec<u8>) -> Option<Key> {
    master.open(bound_to, &mut wrapped)?.try_into().ok()
}
