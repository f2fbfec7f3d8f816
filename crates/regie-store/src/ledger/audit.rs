//! Whether a log on disk is the one that was signed: every leaf, every tile, up to the root.
//!
//! The work goes by units of 65,536 leaves (one tile of level 1 with its 256 tiles of level 0) over all cores, and is put together
//! in order. Cost: two hashes and 32 bytes of tile a leaf.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use parking_lot::Mutex;
use regie_domain::ledger::checkpoint::Checkpoint;
use regie_domain::ledger::edge::Edge;
use regie_domain::ledger::tile::{Tile, WIDTH};
use regie_domain::ledger::tree::{Hash, entry_hash, fold_root};

use super::error::LedgerError;
use super::source::Leaves;
use super::tiles::Tiles;

/// Leaves of one unit.
const UNIT: u64 = WIDTH * WIDTH;

/// What one unit gave.
struct Unit {
    /// The hashes that its tile of level 1 has: the roots of its full tiles of level 0.
    roots: Vec<Hash>,
    /// The hashes of its tile of level 0 that is not full.
    rest: Vec<Hash>,
    /// The first tile that is not what the leaves give.
    fault: Option<LedgerError>,
    /// The first leaf that its tile does not have.
    altered: Option<u64>,
}

/// Checks leaves (where there are any) and tiles against the checkpoint. Returns the log's right edge.
pub(super) fn audit(
    tiles: &Tiles,
    leaves: Option<&dyn Leaves>,
    checkpoint: &Checkpoint,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Edge, LedgerError> {
    let size = checkpoint.size;
    if let Some(leaves) = leaves {
        let found = leaves.count()?;
        if found < size {
            return Err(LedgerError::Truncated { published: size, found });
        }
    }
    let units = units(tiles, leaves, size, progress)?;
    let (mut fault, mut altered) = (None, None);
    let (mut level_1, mut rest) = (Vec::new(), Vec::new());
    for unit in units {
        fault = fault.or(unit.fault);
        altered = altered.or(unit.altered);
        level_1.push(unit.roots);
        rest = unit.rest;
    }
    let (edge, upper_fault) = upper_levels(tiles, size, level_1, rest);
    if edge.root() == checkpoint.root {
        // The leaves are those that were signed, so a tile that differs is the tile's fault.
        return fault.or(upper_fault).map_or(Ok(edge), Err);
    }
    match (altered, fault.or(upper_fault)) {
        (Some(index), _) => Err(LedgerError::LeafAltered { index }),
        // Without leaves, a tile is all there is to be wrong.
        (None, Some(fault)) if leaves.is_none() => Err(fault),
        _ => Err(LedgerError::Forked { size }),
    }
}

/// Refuses a log that has fewer leaves than its tiles show, though its checkpoint may be an older one that was put back.
pub(super) fn not_cut(tiles: &Tiles, leaves: &impl Leaves) -> Result<(), LedgerError> {
    // The tiles first: beside a running server both grow.
    let shown = tiles.leaves_shown()?;
    let found = leaves.count()?;
    if found < shown { Err(LedgerError::Truncated { published: shown, found }) } else { Ok(()) }
}

fn units(tiles: &Tiles, leaves: Option<&dyn Leaves>, size: u64, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Vec<Unit>, LedgerError> {
    let count = size.div_ceil(UNIT);
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let done: Mutex<Vec<(u64, Result<Unit, LedgerError>)>> = Mutex::default();
    let work = || {
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                break;
            }
            let unit = unit(tiles, leaves, size, number);
            stop.fetch_or(unit.is_err(), Ordering::Relaxed);
            let mut done = done.lock();
            done.push((number, unit));
            progress((done.len() as u64 * UNIT).min(size), size);
        }
    };
    if count <= 1 {
        work();
    } else {
        let workers = thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(1, 16);
        thread::scope(|scope| (0..workers).for_each(|_| _ = scope.spawn(work)));
    }
    let mut done = done.into_inner();
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, unit)| unit).collect()
}

fn unit(tiles: &Tiles, leaves: Option<&dyn Leaves>, size: u64, number: u64) -> Result<Unit, LedgerError> {
    let (first, end) = (number * UNIT, size.min((number + 1) * UNIT));
    let mut unit = Unit { roots: Vec::with_capacity(256), rest: Vec::new(), fault: None, altered: None };
    let entries = leaves.map(|leaves| leaves.range(first..end)).transpose()?;
    if let Some(entries) = &entries
        && entries.len() as u64 != end - first
    {
        return Err(LedgerError::Truncated { published: size, found: first + entries.len() as u64 });
    }
    for index in first / WIDTH..end.div_ceil(WIDTH) {
        let Some(tile) = Tile::in_tree(0, index, size) else { break };
        let published = tiles.read(&tile);
        let mut hashes: Vec<Hash> = match (&entries, &published) {
            (Some(entries), _) => {
                let from = usize::try_from(index * WIDTH - first).unwrap_or(usize::MAX);
                entries.iter().skip(from).take(256).map(|entry| entry_hash(entry)).collect()
            }
            (None, Ok(published)) => published.clone(),
            (None, Err(fault)) => return Err(fault.clone()),
        };
        match published {
            Ok(published) if published == hashes => {}
            Ok(published) => {
                let differs = published.iter().zip(&hashes).position(|(a, b)| a != b).unwrap_or(0) as u64;
                unit.altered = unit.altered.or(Some(index * WIDTH + differs));
                unit.fault = unit.fault.or_else(|| tiles.must_be(&tile, &hashes).err());
            }
            Err(missing) => unit.fault = unit.fault.or(Some(missing)),
        }
        if tile.is_full() {
            unit.roots.push(fold_root(&mut hashes));
        } else {
            unit.rest = hashes;
        }
    }
    Ok(unit)
}

/// Builds the levels above 0 from the roots of the units, and compares their tiles.
fn upper_levels(tiles: &Tiles, size: u64, units: Vec<Vec<Hash>>, rest: Vec<Hash>) -> (Edge, Option<LedgerError>) {
    let mut fault = None;
    let mut partial: Vec<Vec<Hash>> = vec![rest];
    let mut level_hashes: Vec<Hash> = units.into_iter().flatten().collect();
    for level in 1..=6 {
        let mut above = Vec::with_capacity(level_hashes.len() / 256);
        let mut last = Vec::new();
        for (index, chunk) in (0u64..).zip(level_hashes.chunks(256)) {
            if let Some(tile) = Tile::in_tree(level, index, size) {
                fault = fault.or_else(|| tiles.must_be(&tile, chunk).err());
            }
            if chunk.len() == 256 {
                above.push(fold_root(&mut chunk.to_vec()));
            } else {
                last = chunk.to_vec();
            }
        }
        partial.push(last);
        level_hashes = above;
    }
    let edge = Edge::of(size, |tile| Ok::<_, std::convert::Infallible>(partial.get(usize::from(tile.level)).cloned().unwrap_or_default()));
    (edge.unwrap_or_else(|never| match never {}), fault)
}
