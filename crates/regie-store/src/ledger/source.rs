//! Where leaves are read from: an open store, a data folder whose keys nobody has, or the entries of a copied log.

use std::ops::Range;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use regie_domain::ledger::tile::{self, Tile, WIDTH};
use regie_domain::ledger::tree::Hash;

use super::error::LedgerError;
use crate::sqlite::database::{Access, Database};
use crate::sqlite::{leaves_in, read_head};
use crate::{Store, folder};

/// Leaves by index. May be asked from several threads at once.
pub trait Leaves: Sync {
    /// How many there are.
    ///
    /// # Errors
    /// Those of the disk.
    fn count(&self) -> Result<u64, LedgerError>;

    /// Those of a range; fewer where it goes past the end.
    ///
    /// # Errors
    /// Those of the disk.
    fn range(&self, range: Range<u64>) -> Result<Vec<Hash>, LedgerError>;
}

impl<S: Store> Leaves for S {
    fn count(&self) -> Result<u64, LedgerError> {
        Ok(self.leaf_count()?)
    }

    fn range(&self, range: Range<u64>) -> Result<Vec<Hash>, LedgerError> {
        Ok(self.leaves(range)?)
    }
}

/// The leaves of a data folder, read without any key: they say nothing about anyone.
#[derive(Debug)]
pub struct FolderLeaves {
    file: PathBuf,
    idle: Mutex<Vec<Database>>,
}

impl FolderLeaves {
    /// The leaves of this data folder; `None` if it is none.
    #[must_use]
    pub fn of(data: &Path) -> Option<Self> {
        let file = data.join(folder::FACTS);
        file.is_file().then(|| Self { file, idle: Mutex::default() })
    }

    fn with<T>(&self, ask: impl FnOnce(&Database) -> Result<T, crate::StoreError>) -> Result<T, LedgerError> {
        let idle = self.idle.lock().pop();
        let db = match idle {
            Some(db) => db,
            None => Database::open(&self.file, Access::Read, 4 * 1024)?,
        };
        let answer = ask(&db)?;
        self.idle.lock().push(db);
        Ok(answer)
    }
}

/// The rows behind the leaves of a data folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowsBehind {
    /// Leaves that know their row.
    pub placed: u64,
    /// Those of them whose row is hollow: erased, with its salt.
    pub hollow: u64,
}

/// Leaves that are looked at in one read.
const AT_ONCE: u64 = 10_000;

/// A range of leaves in parts that are read one after another.
pub(super) fn parts(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let next = move |part: &Range<u64>| {
        let start = part.end;
        (start < range.end).then(|| start..range.end.min(start + AT_ONCE))
    };
    let none = range.start..range.start;
    std::iter::successors(next(&none), next)
}

/// The rows that leaves name, one after another: each stands after the one before, and only the first leaves of the oldest folders know
/// none.
#[derive(Debug, Default)]
struct Order {
    last: Option<u64>,
}

impl Order {
    fn next(&mut self, index: u64, position: Option<u64>) -> Result<(), LedgerError> {
        if position <= self.last && (position.is_some() || self.last.is_some()) {
            return Err(LedgerError::RowOutOfOrder { index });
        }
        self.last = position;
        Ok(())
    }
}

/// Checks that the leaves of a store name rows in their own order, and none that is past the head; that every row up to it is there, a
/// replay sees. O(leaves), about 0.2 µs each.
///
/// # Errors
/// [`LedgerError::RowOutOfOrder`], [`crate::StoreError::RowMissing`], and those of the disk.
pub(super) fn in_order(store: &impl Store) -> Result<(), LedgerError> {
    let (count, head) = (store.leaf_count()?, store.head()?);
    let mut order = Order::default();
    for part in parts(0..count) {
        for (index, position) in (part.start..).zip(store.leaf_positions(part)?) {
            order.next(index, position)?;
            if let Some(position) = position.filter(|position| *position > head) {
                return Err(crate::StoreError::RowMissing { position }.into());
            }
        }
    }
    Ok(())
}

impl FolderLeaves {
    /// Checks that the leaves' rows are there, in the leaves' order. Needs no key. O(leaves).
    ///
    /// # Errors
    /// [`LedgerError::RowOutOfOrder`], [`crate::StoreError::RowMissing`], and those of the disk.
    pub fn rows_behind(&self) -> Result<RowsBehind, LedgerError> {
        let count = self.count()?;
        let (mut behind, mut order) = (RowsBehind::default(), Order::default());
        for part in parts(0..count) {
            let found = self.with(|db| {
                db.run(|sql| {
                    let mut statement = sql.prepare_cached(
                        "SELECT idx, leaves.position, facts.position IS NOT NULL, facts.record IS NULL
                         FROM leaves LEFT JOIN facts ON facts.position = leaves.position
                         WHERE idx >= ?1 AND idx < ?2 ORDER BY idx",
                    )?;
                    let rows = statement.query_map([part.start.cast_signed(), part.end.cast_signed()], |row| {
                        let position = row.get::<_, Option<i64>>(1)?.map(i64::cast_unsigned);
                        Ok((row.get::<_, i64>(0)?.cast_unsigned(), position, row.get(2)?, row.get(3)?))
                    })?;
                    rows.collect::<Result<Vec<(u64, Option<u64>, bool, bool)>, _>>()
                })
            })?;
            for (index, position, there, hollow) in found {
                order.next(index, position)?;
                let Some(position) = position else { continue };
                if !there {
                    return Err(crate::StoreError::RowMissing { position }.into());
                }
                behind.placed += 1;
                behind.hollow += u64::from(hollow);
            }
        }
        Ok(behind)
    }

    /// The leaves of a range that know their row, with its position.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn placed(&self, range: Range<u64>) -> Result<Vec<(u64, Hash)>, LedgerError> {
        self.with(|db| {
            db.run(|sql| {
                let mut statement = sql.prepare_cached(
                    "SELECT position, commitment FROM leaves WHERE idx >= ?1 AND idx < ?2 AND position IS NOT NULL ORDER BY idx",
                )?;
                let rows = statement.query_map([range.start.cast_signed(), range.end.cast_signed()], |row| {
                    Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
                })?;
                rows.collect()
            })
        })
    }
}

impl Leaves for FolderLeaves {
    fn count(&self) -> Result<u64, LedgerError> {
        self.with(|db| Ok(db.run(read_head)?.leaves))
    }

    fn range(&self, range: Range<u64>) -> Result<Vec<Hash>, LedgerError> {
        let mut leaves = Vec::with_capacity(usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0));
        for part in parts(range) {
            self.with(|db| db.run(|sql| leaves_in(sql, part.clone(), &mut leaves)))?;
        }
        Ok(leaves)
    }
}

/// The entries of a log that was copied as static files: `tile/entries/…`.
#[derive(Debug)]
pub struct Bundles {
    tiles: PathBuf,
    size: u64,
}

impl Bundles {
    /// The entries beside these tiles, of a log of `size` leaves; `None` where there are none.
    #[must_use]
    pub fn of(ledger: &Path, size: u64) -> Option<Self> {
        let tiles = ledger.join("tile").join("entries");
        tiles.is_dir().then_some(Self { tiles, size })
    }
}

impl Leaves for Bundles {
    fn count(&self) -> Result<u64, LedgerError> {
        Ok(self.size)
    }

    fn range(&self, range: Range<u64>) -> Result<Vec<Hash>, LedgerError> {
        let mut leaves = Vec::new();
        for index in range.start / WIDTH..range.end.min(self.size).div_ceil(WIDTH) {
            let Some(bundle) = Tile::in_tree(0, index, self.size) else { break };
            let file = self.tiles.join(bundle.index_path());
            let entries = std::fs::read(&file).ok().and_then(|bytes| tile::entries(&bytes));
            let entries = entries.filter(|all| all.len() == usize::from(bundle.width)).ok_or(LedgerError::TileMissing { file })?;
            let first = index * WIDTH;
            let within = (first..).zip(entries).filter(|(i, _)| range.contains(i));
            leaves.extend(within.map(|(_, entry)| entry));
        }
        Ok(leaves)
    }
}
