//! The journal's files, and the uses on their way to them.
//!
//! Invariants: a use is in the buffer, in `pending` or in a segment, and in one of them only; the lock on this is taken
//! before the buffer's, never after. A segment that is not appended to and holds no use is deleted, its key with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::error::JournalError;
use super::names::Names;
use super::segment::{Segment, ServiceKey, UNFINISHED, sync_directory};
use super::slot::{self, ERASED, Slot};

/// The extension of a segment.
const SEGMENT: &str = "uses";
/// How many slots are encrypted and written at once: 64 KiB stay in the nearest cache.
const WRITE_SLOTS: u32 = 4096;
const HOUR_SECONDS: u32 = 3600;

/// Where `record` puts its slots.
pub(super) struct Buffer {
    pub(super) slots: Vec<Slot>,
    /// The flusher is to write what is there and end.
    pub(super) stop: bool,
}

pub(super) struct Disk {
    directory: PathBuf,
    service: ServiceKey,
    names: Arc<Names>,
    segments: Vec<Segment>,
    /// Whether the last segment takes more slots.
    appending: bool,
    next_number: u64,
    /// Taken out of the buffer; before `pending_from`, already in a segment.
    pending: Vec<Slot>,
    pending_from: usize,
    scratch: Vec<u8>,
}

impl Disk {
    pub(super) fn open(directory: &Path, key: &[u8; 32], names: Names, room: usize) -> Result<Disk, JournalError> {
        let service = ServiceKey::new(key)?;
        fs::create_dir_all(directory).map_err(JournalError::io("open its directory"))?;
        let (numbered, unfinished) = listed(directory)?;
        let next_number = numbered.last().map_or(1, |(number, _)| number + 1);
        // All are read before anything is changed for good: an unreadable one refuses the start.
        let segments = numbered.into_iter().map(|(_, path)| Segment::open(path, &service));
        let segments = segments.collect::<Result<Vec<_>, _>>()?;
        for path in unfinished {
            fs::remove_file(path).map_err(JournalError::io("remove an unfinished segment"))?;
        }
        let mut disk = Disk {
            directory: directory.to_owned(),
            service,
            names: Arc::new(names),
            segments,
            appending: false,
            next_number,
            pending: Vec::with_capacity(room),
            pending_from: 0,
            scratch: Vec::new(),
        };
        disk.sweep()?;
        Ok(disk)
    }

    /// Reads the header of each segment, as a start would, and changes nothing.
    pub(super) fn check(directory: &Path, key: &[u8; 32]) -> Result<(), JournalError> {
        let service = ServiceKey::new(key)?;
        listed(directory)?.0.iter().try_for_each(|(_, path)| Segment::check(path, &service))
    }

    /// The segments that there are, to be read only, also beside a process that writes.
    pub(super) fn beside(directory: &Path, key: &[u8; 32]) -> Result<Vec<Segment>, JournalError> {
        let service = ServiceKey::new(key)?;
        listed(directory)?.0.iter().filter_map(|(_, path)| Segment::beside(path, &service).transpose()).collect()
    }

    /// Writes all that was recorded; not durable before [`Disk::sync`].
    pub(super) fn drain(&mut self, buffer: &Mutex<Buffer>) -> Result<(), JournalError> {
        self.write_pending()?;
        self.take_in(buffer);
        self.write_pending()
    }

    /// Makes all that was written durable, zeros too.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.segments.iter_mut().try_for_each(Segment::sync)
    }

    /// Zeroes every slot of these records (sorted), wherever it is, and returns how many there were.
    pub(super) fn erase(&mut self, sorted: &[u64], buffer: &Mutex<Buffer>) -> Result<u64, JournalError> {
        let mut erased = 0;
        let mut erase_in = |slots: &mut [Slot]| {
            for text in slots {
                if *text != ERASED && sorted.binary_search(&slot::first_position(text)).is_ok() {
                    *text = ERASED;
                    erased += 1;
                }
            }
        };
        let taken = self.take_in(buffer);
        erase_in(&mut self.pending[self.pending_from..]);
        if !taken {
            // The disk has stalled: `pending` is full and the buffer fills. Rare enough to hold recording up for it.
            erase_in(&mut buffer.lock().slots);
        }
        for segment in &mut self.segments {
            segment.cut_uncertain_end()?;
            let mut slots: Vec<u32> = sorted.iter().flat_map(|record| segment.live.slots_of(*record)).collect();
            slots.sort_unstable();
            for run in slots.chunk_by(|a, b| a + 1 == *b) {
                if let (Some(first), Ok(count)) = (run.first(), u32::try_from(run.len())) {
                    segment.zero(*first, count)?;
                    erased += u64::from(count);
                }
            }
        }
        // Only when the zeros are durable does the index forget: after an error, a second try finds the slots again.
        self.sync()?;
        for segment in &mut self.segments {
            for record in sorted {
                segment.live.remove(*record, |_| true);
            }
        }
        self.sweep()?;
        Ok(erased)
    }

    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub(super) fn segment_mut(&mut self, id: &[u8; 16]) -> Option<&mut Segment> {
        self.segments.iter_mut().find(|segment| segment.id == *id)
    }

    /// Deletes the segments in which nothing is left.
    pub(super) fn sweep(&mut self) -> Result<(), JournalError> {
        let kept = if self.appending { self.segments.len() - 1 } else { self.segments.len() };
        let mut removed = false;
        for at in (0..kept).rev() {
            if self.segments[at].is_dead() {
                let removal = fs::remove_file(&self.segments[at].path);
                removal.map_err(JournalError::io("delete an empty segment"))?;
                self.segments.remove(at);
                removed = true;
            }
        }
        if removed {
            sync_directory(&self.directory.join(SEGMENT)).map_err(JournalError::io("delete an empty segment"))?;
        }
        Ok(())
    }

    /// Swaps the buffer with the empty `pending`; does nothing if that is not empty.
    fn take_in(&mut self, buffer: &Mutex<Buffer>) -> bool {
        let free = self.pending.is_empty();
        if free {
            std::mem::swap(&mut self.pending, &mut buffer.lock().slots);
        }
        free
    }

    fn write_pending(&mut self) -> Result<(), JournalError> {
        while let Some(first) = self.pending.get(self.pending_from) {
            if self.belongs_elsewhere(first) {
                self.roll(slot::at_seconds(first) / HOUR_SECONDS)?;
            }
            let Some(segment) = self.segments.last_mut().filter(|_| self.appending) else {
                // Only erased slots come before the first segment: nothing to write.
                self.pending_from += 1;
                continue;
            };
            let hour = segment.hour;
            let rest = &self.pending[self.pending_from..];
            let run = rest.iter().take(WRITE_SLOTS as usize).take_while(|text| !is_of_another_hour(text, hour)).count();
            segment.append(&rest[..run], &mut self.scratch)?;
            self.pending_from += run;
        }
        self.pending.clear();
        self.pending_from = 0;
        Ok(())
    }

    fn belongs_elsewhere(&self, text: &Slot) -> bool {
        match self.segments.last().filter(|_| self.appending) {
            Some(segment) => {
                let full = segment.slots > u32::MAX - 2 * WRITE_SLOTS;
                *text != ERASED && (full || is_of_another_hour(text, segment.hour))
            }
            None => *text != ERASED,
        }
    }

    fn roll(&mut self, hour: u32) -> Result<(), JournalError> {
        if let Some(last) = self.segments.last_mut() {
            last.cut_uncertain_end()?;
            last.sync()?;
        }
        let path = self.directory.join(format!("{:010}.{SEGMENT}", self.next_number));
        let segment = Segment::create(path, &self.service, hour, Arc::clone(&self.names))?;
        self.next_number += 1;
        self.segments.push(segment);
        self.appending = true;
        self.sweep()
    }
}

/// Segments by number.
type Numbered = Vec<(u64, PathBuf)>;

/// The segments by number, and those whose making a crash cut short.
fn listed(directory: &Path) -> Result<(Numbered, Vec<PathBuf>), JournalError> {
    let list = || fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>();
    let (mut numbered, mut unfinished) = (Vec::new(), Vec::new());
    for path in list().map_err(JournalError::io("open its directory"))? {
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<u64>().ok());
        match (number, path.extension().and_then(|extension| extension.to_str())) {
            (Some(number), Some(SEGMENT)) => numbered.push((number, path)),
            (_, Some(UNFINISHED)) => unfinished.push(path),
            _ => {}
        }
    }
    numbered.sort();
    Ok((numbered, unfinished))
}

/// Uses of several threads come a little out of order, so an hour back stays in the segment; further back, the clock
/// was set, and the key must not live on until that hour comes again.
fn is_of_another_hour(text: &Slot, hour: u32) -> bool {
    let of = slot::at_seconds(text) / HOUR_SECONDS;
    *text != ERASED && (of > hour || of + 1 < hour)
}
