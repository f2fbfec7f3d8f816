//! The use journal's files, read by a decoder of their own that follows the format's description, not the code.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use regie_store::journal::{Dictionary, Journal, JournalError, Outcome, Use};

const KEY: [u8; 32] = [9; 32];
const START: u32 = 1_780_002_000;
const HEADER_BYTES: usize = 4096;

fn dictionary() -> Dictionary {
    let purposes = vec!["recommendations".into(), "delivery".into()];
    Dictionary { purposes, policy_version: "1".into(), ..Dictionary::default() }
}

fn open(directory: &Path) -> Journal {
    Journal::open(directory, KEY, dictionary()).unwrap()
}

fn used(first_position: u64, at_seconds: u32) -> Use {
    Use { first_position, at_seconds, purpose: 1, category: 2, recipient: 3, channel: Some(4), outcome: Outcome::Denied }
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Decrypts every slot of a segment, erased ones too: what a thief with the service key could read.
fn decrypt(path: &Path) -> Vec<[u8; 16]> {
    let file = fs::read(path).unwrap();
    assert_eq!(&file[..8], b"REGIEUSE");
    // Behind the fixed part: the policy's version, then four lists of names.
    let mut at = 42;
    let skip_text = |at: &mut usize| *at += 2 + usize::from(u16::from_le_bytes([file[*at], file[*at + 1]]));
    skip_text(&mut at);
    for _ in 0..4 {
        let names = file[at];
        at += 1;
        (0..names).for_each(|_| skip_text(&mut at));
    }
    let nonce = Nonce::try_assume_unique_for_key(&file[at..at + 12]).unwrap();
    let mut key = file[at + 12..at + 60].to_vec();
    let service = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &KEY).unwrap());
    let key = service.open_in_place(nonce, Aad::from(&file[..at]), &mut key).unwrap();
    let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, key).unwrap()).unwrap();
    let mut slots = file[HEADER_BYTES..].to_vec();
    let from_block_zero = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    key.less_safe_encrypt(&mut slots, from_block_zero).unwrap();
    slots.as_chunks().0.to_vec()
}

fn position(slot: &[u8; 16]) -> u64 {
    u64::from_le_bytes([slot[0], slot[1], slot[2], slot[3], slot[4], slot[5], 0, 0])
}

#[test]
fn a_slot_lies_on_disk_as_the_format_says_and_not_in_clear() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record_many(&[used(0x0605_0403_0201, START), used(7, START)]);
    journal.flush().unwrap();
    let path = &segments(directory.path())[0];
    let slots = decrypt(path);
    let [s0, s1, s2, s3] = START.to_le_bytes();
    assert_eq!(slots[0][..15], [1, 2, 3, 4, 5, 6, s0, s1, s2, s3, 1, 2, 3, 4, 2]);
    assert_eq!(slots.len(), 2);
    let file = fs::read(path).unwrap();
    assert!(!file.windows(6).any(|bytes| bytes == [1, 2, 3, 4, 5, 6]));
    assert!(!file.windows(32).any(|bytes| bytes == KEY));
}

#[test]
fn after_an_erasure_no_slot_decrypts_to_the_record_and_the_old_bytes_are_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    for at in 0..5000u32 {
        journal.record(used(u64::from(at % 50) + 1000, START + at));
    }
    journal.flush().unwrap();
    let old: Vec<[u8; 16]> = segments(directory.path())
        .iter()
        .flat_map(|path| {
            let file = fs::read(path).unwrap();
            let cipher = file[HEADER_BYTES..].as_chunks().0.to_vec();
            decrypt(path).into_iter().zip(cipher).filter(|(plain, _)| position(plain) == 1007).map(|(_, cipher)| cipher)
        })
        .collect();
    assert_eq!(old.len(), 100);
    // These are still in the buffer, or on their way out of it.
    journal.record_many(&vec![used(1007, START + 5000); 10]);
    assert_eq!(journal.erase(&[1007]).unwrap(), 110);
    journal.flush().unwrap();
    let mut others = 0;
    for path in segments(directory.path()) {
        let file = fs::read(&path).unwrap();
        assert!(!file[HEADER_BYTES..].as_chunks().0.iter().any(|slot: &[u8; 16]| old.contains(slot)));
        let slots = decrypt(&path);
        assert!(!slots.iter().any(|slot| position(slot) == 1007));
        others += slots.iter().filter(|slot| (1000..1050).contains(&position(slot))).count();
    }
    assert_eq!(others, 4900);
    drop(journal);
    let journal = open(directory.path());
    assert_eq!(journal.uses_of(&[1007]).unwrap(), []);
    assert_eq!(journal.uses_of(&[1008]).unwrap().len(), 100);
}

#[test]
fn equal_uses_do_not_look_alike_and_no_key_stream_is_used_twice() {
    let directory = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let journal = open(directory.path());
        journal.record_many(&[used(1, START); 100]);
    }
    let mut ciphers: Vec<[u8; 16]> = Vec::new();
    for path in segments(directory.path()) {
        ciphers.extend(fs::read(path).unwrap()[HEADER_BYTES..].as_chunks::<16>().0);
    }
    assert_eq!(ciphers.len(), 300);
    ciphers.sort_unstable();
    ciphers.dedup();
    assert_eq!(ciphers.len(), 300);
}

#[test]
fn a_torn_tail_costs_what_was_torn_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record_many(&[used(1, START), used(1, START + 1), used(1, START + 2)]);
    drop(journal);
    let path = &segments(directory.path())[0];
    let whole = fs::read(path).unwrap();
    for (kept, uses) in [(48, 3), (47, 2), (33, 2), (32, 2), (15, 0), (0, 0)] {
        fs::write(path, &whole[..HEADER_BYTES + kept]).unwrap();
        let journal = open(directory.path());
        assert_eq!(journal.uses_of(&[1]).unwrap().len(), uses, "{kept} bytes kept");
        if uses > 0 {
            assert_eq!(fs::metadata(path).unwrap().len(), (HEADER_BYTES + kept / 16 * 16) as u64);
        }
        drop(journal);
    }
    assert!(!path.exists(), "a segment with nothing left goes");
    // Blocks that the file system had reserved and not yet written read as zeros.
    fs::write(path, [&whole[..HEADER_BYTES + 16], &[0; 512]].concat()).unwrap();
    assert_eq!(open(directory.path()).uses_of(&[1]).unwrap().len(), 1);
}

#[test]
fn a_damaged_slot_is_counted_once_and_swept_away_when_its_hour_is_folded() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    journal.record_many(&[used(1, START), used(1, START + 1)]);
    drop(journal);
    let path = &segments(directory.path())[0];
    let mut file = fs::read(path).unwrap();
    // The outcome becomes one that does not exist.
    file[HEADER_BYTES + 14] ^= 0x40;
    fs::write(path, file).unwrap();
    assert!(matches!(Journal::check(directory.path(), &KEY), Err(JournalError::Damaged { uses: 1, .. })));
    let journal = open(directory.path());
    assert_eq!((journal.uses_of(&[1]).unwrap().len(), journal.lost()), (1, 1));
    journal.fold(None, START + 3599, |at| at / 86_400).unwrap().commit().unwrap();
    assert!(path.exists(), "its hour is not over");
    journal.fold(None, START + 3600, |at| at / 86_400).unwrap().commit().unwrap();
    assert!(!path.exists());
    assert_eq!(journal.lost(), 1);
}

#[test]
fn what_cannot_be_read_refuses_the_start_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    drop({
        let journal = open(directory.path());
        journal.record(used(1, START));
        journal
    });
    let path = &segments(directory.path())[0];
    let whole = fs::read(path).unwrap();
    let refused = Journal::open(directory.path(), [8; 32], dictionary()).unwrap_err();
    assert!(matches!(&refused, JournalError::WrongKey { segment } if segment == "0000000001.uses"), "{refused}");
    let change = |at: usize| {
        let mut file = whole.clone();
        file[at] ^= 1;
        file
    };
    // Magic, version, length, hour, id, dictionary, wrapped key.
    let mut broken: Vec<Vec<u8>> = [0, 8, 10, 12, 14, 20, 45, 90, 110].into_iter().map(change).collect();
    broken.extend([0, 100, HEADER_BYTES - 1].map(|length| whole[..length].to_vec()));
    for file in broken {
        fs::write(path, &file).unwrap();
        let refused = Journal::open(directory.path(), KEY, dictionary()).unwrap_err();
        assert_eq!(refused.code(), "journal_segment_unreadable", "{refused}");
        assert_eq!(Journal::check(directory.path(), &KEY).unwrap_err().code(), refused.code());
        assert_eq!(fs::read(path).unwrap(), file);
    }
    fs::write(path, &whole).unwrap();
    fs::write(directory.path().join("0000000002.unfinished"), b"a crash while a segment was made").unwrap();
    assert_eq!(open(directory.path()).uses_of(&[1]).unwrap().len(), 1);
    assert_eq!(segments(directory.path()).len(), 1);
}

#[test]
fn uses_that_are_missing_since_a_clean_stop_are_counted() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    (0..10).for_each(|n| journal.record(used(n, 10)));
    (0..5).for_each(|n| journal.record(used(n, 3 * 3600)));
    journal.erase(&[9]).unwrap();
    let extent = journal.extent().unwrap();
    assert_eq!(journal.missing_since(&extent), 0);
    drop(journal);
    Journal::check(directory.path(), &KEY).unwrap();
    let all = segments(directory.path());
    let missing = || open(directory.path()).missing_since(&extent);
    assert_eq!((all.len(), missing()), (2, 0));
    // Cut by two slots; then without the other segment; then without any.
    let last = fs::File::options().write(true).open(&all[1]).unwrap();
    last.set_len(last.metadata().unwrap().len() - 2 * 16).unwrap();
    assert_eq!(missing(), 2);
    fs::remove_file(&all[0]).unwrap();
    assert_eq!(missing(), 11);
    fs::remove_file(&all[1]).unwrap();
    assert_eq!(missing(), 14);
}
