//! One file of the journal: a header with its dictionary and its wrapped key, then slots.
//!
//! Invariants: every segment has a random key of its own; slot `i` is encrypted with counter block `i` and is written
//! with one content only, or with raw zeros, so no part of the key stream ever covers two different texts; a segment
//! from an earlier start is never appended to. Slots lie at multiples of 16, so none straddles a disk sector.
//! Left out: integrity against somebody who can write the file (CTR hides, it does not prove; the uses that must be
//! provable are disclosures, and those are facts).
//!
//! Header, little-endian, padded with zeros to a multiple of 4,096 so that zeroing a slot never rewrites it: magic (8),
//! version (2), header bytes (4), hour since the epoch (4), segment id (16), key id (8), dictionary, nonce (12), wrapped
//! key (32) and its tag (16). All before the nonce is associated data of the wrapping (AES-256-GCM).

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::{hmac, iv::FixedLength, rand};

use super::error::JournalError;
use super::index::LiveIndex;
use super::names::Names;
use super::slot::{self, ERASED, SLOT_BYTES, Slot};

const MAGIC: &[u8; 8] = b"REGIEUSE";
const VERSION: u16 = 1;
const PAGE: usize = 4096;
/// More than the largest dictionary that fits the policy's limits; a larger number is damage.
const HEADER_BYTES_MAX: usize = 1 << 26;
const NONCE_BYTES: usize = 12;
const WRAPPED_BYTES: usize = 32 + 16;

/// The key that wraps the segments' keys.
pub(super) struct ServiceKey {
    seal: LessSafeKey,
    /// Tells a wrong key from a damaged header.
    id: [u8; 8],
}

impl ServiceKey {
    pub(super) fn new(key: &[u8; 32]) -> Result<ServiceKey, JournalError> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"regie/journal/key-id/1");
        let mut id = [0; 8];
        id.copy_from_slice(&tag.as_ref()[..8]);
        Ok(ServiceKey { seal: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?), id })
    }
}

pub(super) struct Segment {
    /// Random, so that a fold's id can never mean another segment.
    pub(super) id: [u8; 16],
    /// Hours since the epoch: which uses belong here.
    pub(super) hour: u32,
    pub(super) names: Arc<Names>,
    /// Slots written, erased ones included.
    pub(super) slots: u32,
    pub(super) live: LiveIndex,
    /// Slots that are neither erased nor a use: nobody can say whose they were.
    pub(super) damaged: u32,
    /// Written since the last sync.
    dirty: bool,
    /// A write failed: there may be slots behind the last one known.
    uncertain_end: bool,
    pub(super) path: PathBuf,
    file: File,
    header_bytes: u64,
    key: EncryptingKey,
}

impl Segment {
    /// Makes an empty segment, durable with its name before it returns: a half-written header is never found under a
    /// segment's name.
    pub(super) fn create(path: PathBuf, service: &ServiceKey, hour: u32, names: Arc<Names>) -> Result<Segment, JournalError> {
        let (mut id, mut nonce, mut key) = ([0; 16], [0; NONCE_BYTES], [0; 32]);
        rand::fill(&mut id)?;
        rand::fill(&mut nonce)?;
        rand::fill(&mut key)?;

        let mut header = Vec::with_capacity(PAGE);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&VERSION.to_le_bytes());
        header.extend_from_slice(&[0; 4]);
        header.extend_from_slice(&hour.to_le_bytes());
        header.extend_from_slice(&id);
        header.extend_from_slice(&service.id);
        names.write(&mut header);
        let header_bytes = (header.len() + NONCE_BYTES + WRAPPED_BYTES).next_multiple_of(PAGE);
        let length = u32::try_from(header_bytes).unwrap_or(u32::MAX);
        header[10..14].copy_from_slice(&length.to_le_bytes());
        let mut wrapped = key.to_vec();
        let nonce_once = Nonce::assume_unique_for_key(nonce);
        service.seal.seal_in_place_append_tag(nonce_once, Aad::from(&header), &mut wrapped)?;
        header.extend_from_slice(&nonce);
        header.extend_from_slice(&wrapped);
        header.resize(header_bytes, 0);

        let create = || -> io::Result<File> {
            let unfinished = path.with_extension(UNFINISHED);
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(true).mode(0o600);
            let file = options.open(&unfinished)?;
            file.write_all_at(&header, 0)?;
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)?;
            sync_directory(&path)?;
            Ok(file)
        };
        let file = create().map_err(JournalError::io("make a segment"))?;
        Ok(Segment {
            id,
            hour,
            names,
            slots: 0,
            live: LiveIndex::new(),
            damaged: 0,
            dirty: false,
            uncertain_end: false,
            path,
            file,
            header_bytes: header_bytes as u64,
            key: EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, &key)?)?,
        })
    }

    /// Whether the segment and each of its slots can be read, changing nothing; one that was deleted meanwhile, by a server beside us, is none
    /// any more.
    pub(super) fn check(path: &Path, service: &ServiceKey) -> Result<(), JournalError> {
        let Some(mut segment) = Segment::beside(path, service)? else { return Ok(()) };
        segment.index()?;
        if segment.damaged == 0 { Ok(()) } else { Err(JournalError::Damaged { segment: file_name(path), uses: segment.damaged }) }
    }

    /// The whole slots of a segment that a server beside us may be writing, to be read only and not indexed; nothing if it deleted it meanwhile.
    pub(super) fn beside(path: &Path, service: &ServiceKey) -> Result<Option<Segment>, JournalError> {
        match File::open(path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => Segment::of(path.to_path_buf(), opened.map_err(JournalError::io("read a segment"))?, service).map(Some),
        }
    }

    /// Opens a segment of an earlier start, cuts a torn last slot off and reads which slots are live.
    /// Cost: reads and decrypts the whole file and fills the index, about 0.13 µs a live slot.
    pub(super) fn open(path: PathBuf, service: &ServiceKey) -> Result<Segment, JournalError> {
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(JournalError::io("read a segment"))?;
        let mut segment = Segment::of(path, file, service)?;
        let length = segment.file.metadata().map_err(JournalError::io("read a segment"))?.len();
        if length != segment.offset(segment.slots) {
            let cut = segment.file.set_len(segment.offset(segment.slots)).and_then(|()| segment.file.sync_all());
            cut.map_err(JournalError::io("cut a torn slot off"))?;
        }
        segment.index()?;
        Ok(segment)
    }

    /// The whole slots of a file, of which none was read yet.
    fn of(path: PathBuf, file: File, service: &ServiceKey) -> Result<Segment, JournalError> {
        let header = Header::read(&file, &path, service)?;
        let length = file.metadata().map_err(JournalError::io("read a segment"))?.len();
        let Ok(slots) = u32::try_from(length.saturating_sub(header.bytes) / SLOT_BYTES as u64) else {
            return Err(unreadable(&path, "longer than a segment can be"));
        };
        Ok(Segment {
            id: header.id,
            hour: header.hour,
            names: Arc::new(header.names),
            slots,
            live: LiveIndex::new(),
            damaged: 0,
            dirty: false,
            uncertain_end: false,
            path,
            file,
            header_bytes: header.bytes,
            key: header.key,
        })
    }

    /// Reads which slots are live, and how many nobody can read.
    fn index(&mut self) -> Result<(), JournalError> {
        let mut plain = Vec::new();
        for (first, count) in pieces(0, self.slots) {
            self.read(first, count, &mut plain)?;
            for (at, text) in (first..).zip(&plain).filter(|(_, text)| **text != ERASED) {
                match slot::decode(text) {
                    Some(used) => self.live.add(used.first_position, at),
                    None => self.damaged += 1,
                }
            }
        }
        Ok(())
    }

    /// Puts slots behind the last one; erased ones are written as raw zeros. Not durable before [`Segment::sync`].
    /// After an error the same slots must be appended again, each the same or erased: that keeps the key stream safe.
    pub(super) fn append(&mut self, plain: &[Slot], scratch: &mut Vec<u8>) -> Result<(), JournalError> {
        self.cut_uncertain_end()?;
        scratch.clear();
        scratch.extend(plain.iter().flatten());
        self.crypt(self.slots, scratch)?;
        for (text, cipher) in plain.iter().zip(scratch.chunks_exact_mut(SLOT_BYTES)) {
            if *text == ERASED {
                cipher.fill(0);
            }
        }
        self.dirty = true;
        if let Err(source) = self.file.write_all_at(scratch, self.offset(self.slots)) {
            self.uncertain_end = true;
            return Err(JournalError::Io { action: "write uses", source });
        }
        for text in plain {
            if *text != ERASED {
                self.live.add(slot::first_position(text), self.slots);
            }
            self.slots += 1;
        }
        Ok(())
    }

    /// Takes away what a failed write may have left, which the index does not know and an erasure would not find.
    pub(super) fn cut_uncertain_end(&mut self) -> Result<(), JournalError> {
        if self.uncertain_end {
            let cut = self.file.set_len(self.offset(self.slots));
            cut.map_err(JournalError::io("take back a failed write"))?;
            self.uncertain_end = false;
        }
        Ok(())
    }

    /// Reads `count` slots from `first` on, plain; erased ones as [`ERASED`]. `out` is replaced.
    pub(super) fn read(&self, first: u32, count: u32, out: &mut Vec<Slot>) -> Result<(), JournalError> {
        out.clear();
        out.resize(count as usize, ERASED);
        let bytes = out.as_flattened_mut();
        self.file.read_exact_at(bytes, self.offset(first)).map_err(JournalError::io("read uses"))?;
        let erased: Vec<usize> = bytes.chunks_exact(SLOT_BYTES).enumerate().filter(|(_, slot)| *slot == ERASED).map(|(at, _)| at).collect();
        if erased.len() < out.len() {
            self.crypt(first, out.as_flattened_mut())?;
            for at in erased {
                out[at] = ERASED;
            }
        }
        Ok(())
    }

    /// Overwrites `count` slots from `first` on with raw zeros; not durable before [`Segment::sync`].
    pub(super) fn zero(&mut self, first: u32, count: u32) -> Result<(), JournalError> {
        const ZEROS: [u8; PAGE] = [0; PAGE];
        self.dirty = true;
        let (mut offset, end) = (self.offset(first), self.offset(first) + u64::from(count) * SLOT_BYTES as u64);
        while offset < end {
            let piece = usize::try_from(end - offset).unwrap_or(PAGE).min(PAGE);
            self.file.write_all_at(&ZEROS[..piece], offset).map_err(JournalError::io("erase uses"))?;
            offset += piece as u64;
        }
        Ok(())
    }

    /// Makes all that was written durable; free if nothing was.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        if self.dirty {
            self.file.sync_data().map_err(JournalError::io("make uses durable"))?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Whether the file holds nothing that anybody could still want to read.
    pub(super) fn is_dead(&self) -> bool {
        self.live.is_empty() && self.damaged == 0 && !self.uncertain_end
    }

    fn offset(&self, slot: u32) -> u64 {
        self.header_bytes + u64::from(slot) * SLOT_BYTES as u64
    }

    fn crypt(&self, first: u32, bytes: &mut [u8]) -> Result<(), JournalError> {
        // A slot is one AES block, so the counter block of a slot is its number.
        let counter = FixedLength::from(u128::from(first).to_be_bytes());
        self.key.less_safe_encrypt(bytes, EncryptionContext::Iv128(counter))?;
        Ok(())
    }
}

/// The extension of a segment whose header is not durable yet; what bears it at start never held a use.
pub(super) const UNFINISHED: &str = "unfinished";

/// Cuts a range of slots into pieces that are handled at once (64 KiB; counting or forgetting them takes about a
/// millisecond and a half, nearly all of it in the index).
pub(super) fn pieces(first: u32, count: u32) -> impl Iterator<Item = (u32, u32)> {
    const PIECE: u32 = 4096;
    (0..count).step_by(PIECE as usize).map(move |done| (first + done, (count - done).min(PIECE)))
}

/// Makes names in the directory of `path` durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

fn unreadable(path: &Path, why: &'static str) -> JournalError {
    JournalError::Unreadable { segment: file_name(path), why }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

struct Header {
    bytes: u64,
    hour: u32,
    id: [u8; 16],
    names: Names,
    key: EncryptingKey,
}

impl Header {
    fn read(file: &File, path: &Path, service: &ServiceKey) -> Result<Header, JournalError> {
        let read_at = |bytes: &mut [u8], offset| match file.read_exact_at(bytes, offset) {
            Err(source) if source.kind() == io::ErrorKind::UnexpectedEof => Err(unreadable(path, "shorter than a header")),
            outcome => outcome.map_err(JournalError::io("read a segment")),
        };
        let mut all = vec![0; PAGE];
        read_at(&mut all, 0)?;
        if !all.starts_with(MAGIC) {
            return Err(unreadable(path, "not a journal segment"));
        }
        if all[8..10] != VERSION.to_le_bytes() {
            return Err(unreadable(path, "of an unknown version"));
        }
        let length = u32::from_le_bytes([all[10], all[11], all[12], all[13]]) as usize;
        if !length.is_multiple_of(PAGE) || !(PAGE..=HEADER_BYTES_MAX).contains(&length) {
            return Err(unreadable(path, "its header's length is impossible"));
        }
        all.resize(length, 0);
        read_at(&mut all[PAGE..], PAGE as u64)?;
        Header::parse(&all, service).map_err(|wrong| match wrong {
            Wrong::Key => JournalError::WrongKey { segment: file_name(path) },
            Wrong::Header => unreadable(path, "its header is damaged"),
        })
    }

    fn parse(all: &[u8], service: &ServiceKey) -> Result<Header, Wrong> {
        let hour = u32::from_le_bytes([all[14], all[15], all[16], all[17]]);
        let mut id = [0; 16];
        id.copy_from_slice(&all[18..34]);
        if all[34..42] != service.id {
            return Err(Wrong::Key);
        }
        let mut rest = &all[42..];
        let names = Names::read(&mut rest).ok_or(Wrong::Header)?;
        let clear = &all[..all.len() - rest.len()];
        let nonce = rest.split_off(..NONCE_BYTES).ok_or(Wrong::Header)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Wrong::Header)?;
        let mut wrapped = rest.split_off(..WRAPPED_BYTES).ok_or(Wrong::Header)?.to_vec();
        let key = service.seal.open_in_place(nonce, Aad::from(clear), &mut wrapped).map_err(|_| Wrong::Header)?;
        let key = UnboundCipherKey::new(&AES_256, key).and_then(EncryptingKey::ctr).map_err(|_| Wrong::Header)?;
        Ok(Header { bytes: all.len() as u64, hour, id, names, key })
    }
}

enum Wrong {
    Key,
    Header,
}

#[cfg(test)]
mod tests {
    use super::super::{Dictionary, Outcome, Use};
    use super::*;

    #[test]
    fn what_a_failed_write_left_behind_is_taken_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("0000000001.uses");
        let service = ServiceKey::new(&[1; 32]).unwrap();
        let names = Arc::new(Names::new(&Dictionary::default()).unwrap());
        let mut segment = Segment::create(path.clone(), &service, 0, names).unwrap();
        let [a, b, c] = [1, 2, 3].map(|first_position| {
            let outcome = Outcome::Allowed;
            slot::encode(&Use { first_position, at_seconds: 0, purpose: 0, category: 0, recipient: 0, channel: None, outcome }).unwrap()
        });
        segment.append(&[a], &mut Vec::new()).unwrap();

        // The disk takes `b`, then refuses.
        let writable = std::mem::replace(&mut segment.file, File::open(&path).unwrap());
        assert!(segment.append(&[b, c], &mut Vec::new()).is_err());
        let mut cipher = b;
        segment.crypt(1, &mut cipher).unwrap();
        writable.write_all_at(&cipher, segment.offset(1)).unwrap();
        assert!(segment.cut_uncertain_end().is_err());
        segment.file = writable;
        segment.cut_uncertain_end().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), segment.offset(1));

        // `b` was erased before the second try.
        segment.append(&[ERASED, c], &mut Vec::new()).unwrap();
        drop(segment);
        let again = Segment::open(path, &service).unwrap();
        let slots: Vec<Vec<u32>> = (1..=3).map(|record| again.live.slots_of(record).collect()).collect();
        assert_eq!(slots, [vec![0], vec![], vec![2]]);
    }
}
