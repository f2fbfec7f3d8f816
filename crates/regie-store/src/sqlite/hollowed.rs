//! What was hollowed on purpose, so that a row which somebody else emptied is missed.
//!
//! A hollow row says nothing, not even whose it was. So the database keeps one sum over the positions that regie hollowed, each as a keyed
//! hash, changed in the transaction that hollows; a replay adds up what it finds hollow. Who has the file but no key can make no sum to
//! go with a row that he empties. A sum, because rows are hollowed in any order, and one number can be added to (as in Bellare and
//! Micciancio, "A New Paradigm for Collision-Free Hashing", 1997; here keyed, so that 128 bits are enough).
//! Not noticed: a whole older copy of the database put back, which is a restore.

use aws_lc_rs::hmac;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::SqliteStore;
use super::keys::Keys;
use crate::StoreError;
use crate::seal::Key;

/// The service key that positions are hashed with.
const KEY: &str = "hollowed";
/// The service key that is there once the sum is: a sum that was taken away is not one that never was. (That this key was not taken
/// away with it, the sealed list of service keys says.)
const COUNTED: &str = "hollowed-counted";

/// What is said where it is not.
const GONE: &str = "it does not say any more which rows regie emptied";

/// A sum over hollow rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hollowed {
    /// How many they are.
    rows: u64,
    sum: u128,
}

impl Hollowed {
    fn and(self, other: Self) -> Self {
        Self { rows: self.rows.wrapping_add(other.rows), sum: self.sum.wrapping_add(other.sum) }
    }

    fn read(sql: &Connection) -> rusqlite::Result<Option<Self>> {
        let found: Option<Vec<u8>> =
            sql.prepare_cached("SELECT value FROM meta WHERE name = 'hollowed'")?.query_row([], |row| row.get(0)).optional()?;
        let Some(bytes) = found else { return Ok(None) };
        let parts = bytes.split_first_chunk::<8>().and_then(|(rows, sum)| Some((*rows, <[u8; 16]>::try_from(sum).ok()?)));
        let unreadable = || rusqlite::Error::InvalidColumnType(0, "hollowed".to_owned(), rusqlite::types::Type::Blob);
        let (rows, sum) = parts.ok_or_else(unreadable)?;
        Ok(Some(Self { rows: u64::from_be_bytes(rows), sum: u128::from_be_bytes(sum) }))
    }

    fn write(self, sql: &Connection) -> rusqlite::Result<()> {
        let value = [self.rows.to_be_bytes().as_slice(), &self.sum.to_be_bytes()].concat();
        sql.prepare_cached("INSERT INTO meta(name, value) VALUES ('hollowed', ?1) ON CONFLICT DO UPDATE SET value = excluded.value")?
            .execute(params![value])
            .map(drop)
    }
}

/// Hashes positions.
#[derive(Clone)]
pub(super) struct Counter(hmac::Key);

impl Counter {
    /// With the store's own key, made if there is none.
    pub(super) fn of(keys: &Keys) -> Result<Self, StoreError> {
        let key = keys.service(KEY, true)?.ok_or(StoreError::CryptoFailed { doing: "making a key" })?;
        Ok(Self::with(&key))
    }

    /// With the store's own key, for a reader; `None` in a folder that has none yet.
    pub(super) fn found(keys: &Keys) -> Result<Option<Self>, StoreError> {
        Ok(keys.service(KEY, false)?.map(|key| Self::with(&key)))
    }

    fn with(key: &Key) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The sum of these.
    fn sum(&self, positions: &[u64]) -> Hollowed {
        positions.iter().fold(Hollowed::default(), |all, position| {
            let tag = hmac::sign(&self.0, &position.to_be_bytes());
            let one = tag.as_ref().first_chunk().map_or(0, |first| u128::from_be_bytes(*first));
            all.and(Hollowed { rows: 1, sum: one })
        })
    }

    /// Notes what a transaction hollowed, in that transaction.
    pub(super) fn note(&self, sql: &Connection, positions: &[u64]) -> rusqlite::Result<()> {
        if positions.is_empty() {
            return Ok(());
        }
        Hollowed::read(sql)?.unwrap_or_default().and(self.sum(positions)).write(sql)
    }
}

impl SqliteStore {
    /// The first folders of format 1 have no sum; they get one of what is hollow when they are first opened.
    ///
    /// # Errors
    /// [`StoreError::FactsCorrupt`] if there was one and it is gone, and those of the disk.
    pub(super) fn begin_hollowed(&self, made: bool) -> Result<(), StoreError> {
        let writer = self.writer()?.lock();
        let counted = self.keys.has_service(COUNTED);
        if writer.facts.run(Hollowed::read)?.is_none() {
            // (A folder whose making was cut short holds no row yet.)
            if counted && made {
                return Err(writer.facts.damaged(GONE));
            }
            writer.facts.run(|sql| {
                let hollow: Vec<i64> = sql
                    .prepare("SELECT position FROM facts WHERE record IS NULL")?
                    .query_map([], |row| row.get(0))?
                    .collect::<Result<_, _>>()?;
                let hollow: Vec<u64> = hollow.into_iter().map(i64::cast_unsigned).collect();
                writer.counter.sum(&hollow).write(sql)
            })?;
        }
        if !counted {
            self.keys.service(COUNTED, true)?;
        }
        Ok(())
    }
}

impl SqliteStore {
    /// The sum as it stands; `None` in a folder that has none yet.
    pub(super) fn hollowed(&self) -> Result<Option<Hollowed>, StoreError> {
        self.readers.with(|db| db.run(Hollowed::read))
    }

    /// Compares the rows that a whole replay found hollow with those that were hollowed. `before` is [`SqliteStore::hollowed`] from before the
    /// replay: if a writer beside this reader hollowed something meanwhile, there is nothing to compare with.
    ///
    /// # Errors
    /// [`StoreError::RowsEmptied`]; [`StoreError::FactsCorrupt`] if there was a sum and it is gone.
    pub(super) fn check_hollowed(&self, before: Option<Hollowed>, found: &[u64]) -> Result<(), StoreError> {
        if before.is_none() && self.keys.has_service(COUNTED) {
            return self.readers.with(|db| Err(db.damaged(GONE)));
        }
        let (Some(counter), Some(known)) = (&self.counter, before) else { return Ok(()) };
        let found = counter.sum(found);
        if found == known || self.hollowed()? != before {
            return Ok(());
        }
        Err(StoreError::RowsEmptied { known: known.rows, found: found.rows })
    }
}
