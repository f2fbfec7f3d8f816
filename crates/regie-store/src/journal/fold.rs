//! Folding: what the slots add up to, so that the counts can be kept as facts and the slots zeroed.
//!
//! Invariant: each use is counted once. A fold names its slots by segment and range; the caller stores that name in
//! the same transaction as the counts. After a crash a stored name means "counted: only zero them", a missing one
//! means "not counted: they are still there". Slots are never written twice, so zeroing again does no harm.

use std::sync::Arc;

use hashbrown::HashMap;

use super::error::JournalError;
use super::segment::{Segment, pieces};
use super::slot::{self, Slot};
use super::{Inner, Outcome, Use};

/// Seconds in a day of UTC.
const DAY_SECONDS: u32 = 86_400;
/// How many single slots are read or zeroed before others get a turn at the files.
const SLICE_SLOTS: usize = 1024;
const ID_VERSION: u8 = 1;

/// How often one thing happened in a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UseCount {
    /// The record's first position.
    pub first_position: u64,
    /// Days since the epoch, as the caller counts them.
    pub day: u32,
    /// The purpose's name, as all names from the dictionary that was in force.
    pub purpose: Arc<str>,
    /// The category's name.
    pub category: Arc<str>,
    /// The recipient's name.
    pub recipient: Arc<str>,
    /// The channel's name, if there was one.
    pub channel: Option<Arc<str>>,
    /// Whether it was allowed.
    pub outcome: Outcome,
    /// How many uses.
    pub count: u64,
}

/// Counts on their way to becoming facts. Dropped without [`Folded::commit`], nothing has happened.
#[derive(Debug)]
pub struct Folded {
    inner: Arc<Inner>,
    counts: Vec<UseCount>,
    id: Vec<u8>,
}

impl Folded {
    /// The counts, ordered by record, day and names.
    pub fn counts(&self) -> &[UseCount] {
        &self.counts
    }

    /// What to store, as one named value that the next fold replaces, in the transaction that stores the counts, and
    /// to hand to [`Journal::finish_fold`](super::Journal::finish_fold) at every start. No personal data: segment ids
    /// and ranges, 17 bytes a segment and about 3 for a slot or a run of slots.
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// Zeroes the slots, durable on return. Call it once the counts and the id are durable.
    ///
    /// # Errors
    /// [`JournalError::Io`]; the next fold then first finishes this one, so nothing is counted twice.
    pub fn commit(mut self) -> Result<(), JournalError> {
        let id = std::mem::take(&mut self.id);
        let outcome = finish(&self.inner, &id);
        *self.inner.folding.lock() = if outcome.is_ok() { Folding::No } else { Folding::Unfinished(id) };
        outcome
    }
}

impl Drop for Folded {
    fn drop(&mut self) {
        let mut folding = self.inner.folding.lock();
        if matches!(*folding, Folding::Begun) {
            *folding = Folding::No;
        }
    }
}

/// Whether a fold is under way.
#[derive(Debug)]
pub(super) enum Folding {
    No,
    Begun,
    /// Counted and stored, but not all zeroed.
    Unfinished(Vec<u8>),
}

pub(super) fn fold(
    inner: &Arc<Inner>,
    first_positions: Option<&[u64]>,
    before_seconds: u32,
    day_of: &dyn Fn(u32) -> u32,
) -> Result<Folded, JournalError> {
    {
        let mut folding = inner.folding.lock();
        match &*folding {
            Folding::Begun => return Err(JournalError::FoldUnderWay),
            Folding::Unfinished(id) => finish(inner, id)?,
            Folding::No => {}
        }
        *folding = Folding::Begun;
    }
    // From here on, dropping it on an error ends the fold.
    let mut folded = Folded { inner: Arc::clone(inner), counts: Vec::new(), id: Vec::new() };
    let mut tally = Tally::default();
    let segments = {
        let mut disk = inner.disk.lock();
        disk.drain(&inner.buffer)?;
        disk.segments().iter().map(|segment| (segment.id, segment.slots)).collect::<Vec<_>>()
    };
    let mut ranges = Vec::new();
    for (id, slots) in segments {
        let runs = match first_positions {
            Some(records) => fold_records(inner, &id, records, (before_seconds, day_of), &mut tally)?,
            None => fold_whole(inner, &id, slots, (before_seconds, day_of), &mut tally)?,
        };
        if !runs.is_empty() {
            ranges.push((id, runs));
        }
    }
    folded.counts = tally.into_counts();
    folded.id = write_id(&ranges);
    Ok(folded)
}

type Runs = Vec<(u32, u32)>;

/// Reads only the slots of these records.
fn fold_records(
    inner: &Inner,
    id: &[u8; 16],
    records: &[u64],
    (before_seconds, day_of): (u32, &dyn Fn(u32) -> u32),
    tally: &mut Tally,
) -> Result<Runs, JournalError> {
    let mut wanted: Vec<u32> = match inner.disk.lock().segment_mut(id) {
        Some(segment) => records.iter().flat_map(|record| segment.live.slots_of(*record)).collect(),
        None => Vec::new(),
    };
    wanted.sort_unstable();
    wanted.dedup();
    let (mut runs, mut plain) = (Runs::new(), Vec::new());
    for slice in wanted.chunks(SLICE_SLOTS) {
        let mut disk = inner.disk.lock();
        let Some(segment) = disk.segment_mut(id) else {
            break;
        };
        for &at in slice {
            segment.read(at, 1, &mut plain)?;
            if let Some(used) = plain.first().and_then(slot::decode).filter(|used| used.at_seconds < before_seconds) {
                tally.add(id, &segment.names, &used, day_of(used.at_seconds));
                extend(&mut runs, at);
            }
        }
    }
    Ok(runs)
}

/// Reads a segment through; takes along damaged slots whose hour is over, so that they cannot keep it for ever.
fn fold_whole(
    inner: &Inner,
    id: &[u8; 16],
    slots: u32,
    (before_seconds, day_of): (u32, &dyn Fn(u32) -> u32),
    tally: &mut Tally,
) -> Result<Runs, JournalError> {
    let (mut runs, mut plain): (Runs, Vec<Slot>) = (Runs::new(), Vec::new());
    for (first, count) in pieces(0, slots) {
        let mut disk = inner.disk.lock();
        let Some(segment) = disk.segment_mut(id).filter(|segment| !segment.is_dead()) else {
            break;
        };
        let over = u64::from(before_seconds) >= (u64::from(segment.hour) + 1) * 3600;
        segment.read(first, count, &mut plain)?;
        for (at, text) in (first..).zip(&plain) {
            match slot::decode(text) {
                Some(used) if used.at_seconds < before_seconds => {
                    tally.add(id, &segment.names, &used, day_of(used.at_seconds));
                    extend(&mut runs, at);
                }
                Some(_) => {}
                // Zeroing what is zero does no harm, and keeps the runs few.
                None if *text == slot::ERASED || over => extend(&mut runs, at),
                None => {}
            }
        }
    }
    Ok(runs)
}

fn extend(runs: &mut Runs, at: u32) {
    match runs.last_mut() {
        Some((first, count)) if *first + *count == at => *count += 1,
        _ => runs.push((at, 1)),
    }
}

/// What these segments hold beside the slots of a fold that was stored, which a crash or a server at work has not zeroed yet.
pub(super) fn beside(segments: &[Segment], folded: Option<&[u8]>) -> Result<Vec<UseCount>, JournalError> {
    let folded = folded.map_or(Some(Vec::new()), read_id).ok_or(JournalError::NotAFold)?;
    let (mut tally, mut plain) = (Tally::default(), Vec::new());
    for segment in segments {
        let counted: Runs = folded.iter().filter(|(id, _)| *id == segment.id).flat_map(|(_, runs)| runs.clone()).collect();
        // Runs ascend, as slots do.
        let is_counted = |at: u32| {
            let next = counted.partition_point(|(first, _)| *first <= at);
            next.checked_sub(1).and_then(|run| counted.get(run)).is_some_and(|(first, count)| at - first < *count)
        };
        for (first, count) in pieces(0, segment.slots) {
            segment.read(first, count, &mut plain)?;
            for used in (first..).zip(&plain).filter(|(at, _)| !is_counted(*at)).filter_map(|(_, text)| slot::decode(text)) {
                tally.add(&segment.id, &segment.names, &used, used.at_seconds / DAY_SECONDS);
            }
        }
    }
    Ok(tally.into_counts())
}

/// Zeroes the slots of a fold that was stored, durable on return. Segments and slots that are gone are passed over.
pub(super) fn finish(inner: &Inner, id: &[u8]) -> Result<(), JournalError> {
    let mut plain = Vec::new();
    for (id, runs) in read_id(id).ok_or(JournalError::NotAFold)? {
        let mut parts = runs.into_iter().flat_map(|(first, count)| pieces(first, count)).peekable();
        while parts.peek().is_some() {
            let mut disk = inner.disk.lock();
            let Some(segment) = disk.segment_mut(&id) else {
                break;
            };
            let (mut done, mut gone) = (0, Vec::new());
            while let Some((first, count)) = parts.next_if(|_| done < SLICE_SLOTS) {
                // A crash may have left the file shorter than it was when its slots were counted.
                let count = count.min(segment.slots.saturating_sub(first));
                segment.read(first, count, &mut plain)?;
                segment.zero(first, count)?;
                for (at, text) in (first..).zip(&plain) {
                    match slot::decode(text) {
                        Some(used) => gone.push((used.first_position, at)),
                        // Those that the start found are counted.
                        None if *text != slot::ERASED => match segment.damaged.checked_sub(1) {
                            Some(rest) => segment.damaged = rest,
                            None => inner.lose(1),
                        },
                        None => {}
                    }
                }
                done += plain.len().max(1);
            }
            gone.sort_unstable();
            for of_record in gone.chunk_by(|a, b| a.0 == b.0) {
                if let Some((record, _)) = of_record.first() {
                    segment.live.remove(*record, |slot| of_record.binary_search(&(*record, slot)).is_ok());
                }
            }
        }
    }
    let mut disk = inner.disk.lock();
    disk.sync()?;
    disk.sweep()
}

/// Record, day, the numbers of the four names, outcome.
type Key = (u64, u32, [Option<u32>; 4], Outcome);

/// Counts by names, not numbers: a day can hold two dictionaries that number alike and mean different things.
#[derive(Default)]
struct Tally {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    /// The numbers of the dictionary in hand: per list and small integer.
    seen: HashMap<(usize, u8), u32>,
    seen_in: [u8; 16],
    counts: HashMap<Key, u64>,
}

impl Tally {
    fn add(&mut self, segment: &[u8; 16], names: &super::names::Names, used: &Use, day: u32) {
        if self.seen_in != *segment {
            self.seen.clear();
            self.seen_in = *segment;
        }
        let integers = [Some(used.purpose), Some(used.category), Some(used.recipient), used.channel];
        let mut key = [None; 4];
        for (kind, (integer, number)) in integers.into_iter().zip(&mut key).enumerate() {
            *number = integer.map(|integer| self.number(kind, integer, names));
        }
        let key = (used.first_position, day, key, used.outcome);
        *self.counts.entry(key).or_default() += 1;
    }

    fn number(&mut self, kind: usize, integer: u8, names: &super::names::Names) -> u32 {
        if let Some(number) = self.seen.get(&(kind, integer)) {
            return *number;
        }
        let name = names.name(kind, integer);
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(Arc::clone(&name)).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        self.seen.insert((kind, integer), number);
        number
    }

    fn into_counts(self) -> Vec<UseCount> {
        let named = |number: Option<u32>| number.and_then(|at| self.names.get(at as usize)).map(Arc::clone);
        let always = |number| named(number).unwrap_or_else(|| Arc::from(""));
        let counts = self.counts.iter().map(|((first_position, day, [purpose, category, recipient, channel], outcome), count)| UseCount {
            first_position: *first_position,
            day: *day,
            purpose: always(*purpose),
            category: always(*category),
            recipient: always(*recipient),
            channel: named(*channel),
            outcome: *outcome,
            count: *count,
        });
        let mut counts: Vec<UseCount> = counts.collect();
        counts.sort_unstable();
        counts
    }
}

/// Version (1 byte), then per segment its id (16), the number of runs and per run the gap to the one before and its
/// length, as LEB128.
fn write_id(ranges: &[([u8; 16], Runs)]) -> Vec<u8> {
    fn number(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        out.push(value.to_le_bytes()[0]);
    }
    let mut out = vec![ID_VERSION];
    for (id, runs) in ranges {
        out.extend_from_slice(id);
        number(&mut out, runs.len() as u64);
        let mut end = 0;
        for (first, count) in runs {
            number(&mut out, u64::from(first - end));
            number(&mut out, u64::from(*count));
            end = first + count;
        }
    }
    out
}

fn read_id(mut from: &[u8]) -> Option<Vec<([u8; 16], Runs)>> {
    fn number(from: &mut &[u8]) -> Option<u32> {
        let mut value = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = *from.split_off_first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).ok();
            }
        }
        None
    }
    if *from.split_off_first()? != ID_VERSION {
        return None;
    }
    let mut ranges = Vec::new();
    while !from.is_empty() {
        let id = from.split_off(..16)?.try_into().ok()?;
        let mut end = 0u32;
        let mut runs = Runs::new();
        for _ in 0..number(&mut from)? {
            let first = end.checked_add(number(&mut from)?)?;
            let count = number(&mut from)?;
            end = first.checked_add(count)?;
            runs.push((first, count));
        }
        ranges.push((id, runs));
    }
    Some(ranges)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Vec<([u8; 16], Runs)>> {
        let run = (0u32..1 << 20, 1u32..1 << 20);
        let runs = prop::collection::vec(run, 1..20).prop_map(|gaps| {
            let mut end = 0;
            let place = |(gap, count)| {
                let first = end + gap;
                end = first + count;
                (first, count)
            };
            gaps.into_iter().map(place).collect()
        });
        prop::collection::vec((any::<[u8; 16]>(), runs), 0..4)
    }

    proptest! {
        #[test]
        fn an_id_reads_back_and_a_shortened_one_never_names_other_slots(ranges in ranges(), cut in any::<prop::sample::Index>()) {
            let id = write_id(&ranges);
            prop_assert_eq!(read_id(&id), Some(ranges.clone()));
            if let Some(shorter) = read_id(&id[..cut.index(id.len())]) {
                prop_assert!(ranges.starts_with(&shorter));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read_id(&bytes);
        }
    }
}
