//! Damage in a write-ahead log that SQLite passes over in silence: it reads a log up to the first frame that does not check, and takes the
//! rest for what a crash tore.
//!
//! Every commit is durable before the next one begins, so a crash tears frames of one commit at most. Where two commits stand whole
//! behind a frame that does not check, that frame was acknowledged, and so was what would be dropped with it. A frame's checksum goes on
//! from the one stored in the frame before it, so what follows a damaged frame can be told from what an older log left in the file.
//! Damage in the last commit looks as if a power cut tore it: it is said, and the start goes on (the ledger misses leaves that it had
//! published). Damage in the log's header makes SQLite pass over the whole log: where a commit stands whole behind it, it is refused. (A power
//! cut tears no header: it lies in one sector, and is durable before its first frame.) Not noticed: a log that is gone, or cut to nothing.
//! The format: <https://sqlite.org/fileformat2.html#the_write_ahead_log>.

use std::io::ErrorKind;
use std::path::Path;

use crate::StoreError;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Refuses the database `file` if its log certainly lost acknowledged commits. For the one writer, before SQLite opens it, or for a reader
/// while nobody writes. Cost: reads the log.
pub(super) fn check(file: &Path) -> Result<(), StoreError> {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let bytes = match std::fs::read(&log) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io(Path::new(&log), &error)),
    };
    match damage(&bytes) {
        None => Ok(()),
        Some(Damage::Torn { frame }) => {
            let log = Path::new(&log).display();
            let lost =
                if frame == 0 { "nothing in this log can be read, and its commits are" } else { "the last commit does not check and is" };
            tracing::warn!(%log, frame, "{lost} lost: a power cut tore it, or it was altered since");
            Ok(())
        }
        Some(Damage::Lost { frame }) => Err(StoreError::FactsCorrupt {
            file: log.into(),
            detail: format!(
                "{} was altered, and commits that SQLite would drop stand behind it. Restore a backup of facts.db, keys.db and ledger/; \
                 without one, `sqlite3 facts.db` on a copy shows what is left",
                if frame == 0 { "its header".to_owned() } else { format!("frame {frame}") },
            ),
        }),
    }
}

/// What SQLite drops in silence; frames are numbered from 1, and 0 is the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    /// A frame does not check, and one commit of this log, its own, stands from there on; or nothing of the log can be read.
    Torn { frame: usize },
    /// A frame does not check, and two commits stand from there on; or the header does not, and one stands.
    Lost { frame: usize },
}

fn damage(log: &[u8]) -> Option<Damage> {
    let (header, frames) = log.split_at_checked(HEADER)?;
    let stored = (word(header, 24), word(header, 28));
    let read = match word(header, 0) {
        0x377f_0682 => Some(false),
        0x377f_0683 => Some(true),
        _ => None,
    };
    let page = usize::try_from(word(header, 8)).ok().filter(is_page);
    match (read, page) {
        (Some(big_endian), Some(page)) if sum((0, 0), &header[..24], big_endian) == stored => damage_in(header, frames, page, big_endian),
        _ => {
            let pages = (9..=16).map(|bits| 1usize << bits);
            let mut readings = pages.flat_map(|page| [(page, false), (page, true)]);
            let is_whole = |(page, big_endian)| stands_whole(header, frames, page, big_endian);
            let is_empty = log.iter().all(|byte| *byte == 0);
            if readings.any(is_whole) { Some(Damage::Lost { frame: 0 }) } else { (!is_empty).then_some(Damage::Torn { frame: 0 }) }
        }
    }
}

fn is_page(page: &usize) -> bool {
    page.is_power_of_two() && (512..=65_536).contains(page)
}

/// Behind a header that does not check: does a commit stand whole in these frames, read in this way?
fn stands_whole(header: &[u8], frames: &[u8], page: usize, big_endian: bool) -> bool {
    let mut before = [(word(header, 24), word(header, 28)), sum((0, 0), &header[..24], big_endian)];
    for frame in frames.chunks_exact(FRAME_HEADER + page) {
        let (head, content) = frame.split_at(FRAME_HEADER);
        let stored = (word(head, 16), word(head, 20));
        let made = before.map(|before| sum(sum(before, &head[..8], big_endian), content, big_endian));
        if word(head, 4) != 0 && made.contains(&stored) {
            return true;
        }
        before = [stored; 2];
    }
    false
}

/// The same where the header checks.
fn damage_in(header: &[u8], frames: &[u8], page: usize, big_endian: bool) -> Option<Damage> {
    let begin = (word(header, 24), word(header, 28));
    // What the next frame's checksum goes on from: the stored one, or what it should be, where the stored one itself was altered.
    let mut before = [begin; 2];
    // The last frame that does not check, the commits from there on, and whether one of them names this log.
    let mut damaged: Option<(usize, usize, bool)> = None;
    for (number, frame) in (1..).zip(frames.chunks_exact(FRAME_HEADER + page)) {
        let (head, content) = frame.split_at(FRAME_HEADER);
        let stored = (word(head, 16), word(head, 20));
        let made = before.map(|before| sum(sum(before, &head[..8], big_endian), content, big_endian));
        let (follows, names_this_log) = (made.contains(&stored), head[8..16] == header[16..24]);
        let (holds, is_commit) = (names_this_log && follows, word(head, 4) != 0);
        // What follows the frames that hold is of this log, whatever it names.
        let is_of_this_log = is_commit && (names_this_log || (follows && damaged.is_none()));
        if !holds {
            // Behind a frame that does not check, one that names another log is what that left.
            if damaged.is_none() || names_this_log {
                damaged = Some((number, usize::from(is_commit), is_of_this_log));
            }
        } else if let Some((frame, commits, is_known)) = &mut damaged {
            *commits += usize::from(is_commit);
            *is_known |= is_of_this_log;
            if *commits >= 2 {
                return Some(Damage::Lost { frame: *frame });
            }
        }
        before = [stored, made[0]];
    }
    damaged.filter(|(.., is_known)| *is_known).map(|(frame, ..)| Damage::Torn { frame })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_be_bytes(*four))
}

/// SQLite's checksum: two sums that go on from earlier ones.
fn sum((mut a, mut b): (u32, u32), bytes: &[u8], big_endian: bool) -> (u32, u32) {
    let number = |four: [u8; 4]| if big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    for &[p, q, r, s, t, u, v, w] in bytes.as_chunks::<8>().0 {
        a = a.wrapping_add(number([p, q, r, s])).wrapping_add(b);
        b = b.wrapping_add(number([t, u, v, w])).wrapping_add(a);
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 512;

    /// A log of commits of these many frames each, with this salt, going on from an earlier one's frames.
    fn log(commits: &[usize], salt: u8, rest: &[u8]) -> Vec<u8> {
        let mut log = Vec::new();
        [0x377f_0682, 3_007_000, 512, 0].iter().for_each(|word: &u32| log.extend(word.to_be_bytes()));
        log.extend([salt; 8]);
        let mut before = sum((0, 0), &log, false);
        log.extend([before.0, before.1].iter().flat_map(|word| word.to_be_bytes()));
        for frame in commits.iter().flat_map(|frames| (1..=*frames).map(move |n| n == *frames)) {
            let mut head: Vec<u8> = [1, u32::from(frame)].iter().flat_map(|word| word.to_be_bytes()).collect();
            let content = [salt; PAGE];
            before = sum(sum(before, &head, false), &content, false);
            head.extend([salt; 8]);
            head.extend([before.0, before.1].iter().flat_map(|word| word.to_be_bytes()));
            log.extend(head.iter().chain(&content));
        }
        let end = log.len();
        log.extend(rest.iter().skip(end));
        log
    }

    #[test]
    fn a_torn_end_is_told_from_lost_commits_and_from_what_an_older_log_left() {
        let older = log(&[1, 1, 1, 1, 1, 1], 7, &[]);
        for rest in [&[][..], &older] {
            let whole = log(&[1, 2, 2], 9, rest);
            assert_eq!(damage(&whole), None);
            let frame = |n: usize| HEADER + (n - 1) * (FRAME_HEADER + PAGE);
            let flipped = |at: usize| {
                let mut log = whole.clone();
                log[at] ^= 1;
                damage(&log)
            };
            for (n, lost) in [(1, true), (2, true), (3, true), (4, false), (5, false)] {
                let expected = if lost { Damage::Lost { frame: n } } else { Damage::Torn { frame: n } };
                assert_eq!(flipped(frame(n) + FRAME_HEADER + 100), Some(expected), "content of {n}");
            }
            assert_eq!(flipped(frame(5) + 9), Some(Damage::Torn { frame: 5 }), "which log the last commit names");
            for at in 0..HEADER {
                assert_eq!(flipped(at), Some(Damage::Lost { frame: 0 }), "byte {at} of the header");
            }
            assert_eq!(damage(&whole[1..]), Some(Damage::Torn { frame: 0 }), "shifted by a byte");
            // Frames that were never committed say nothing.
            assert_eq!(damage(&whole[..frame(5)]), None);
        }
    }
}
