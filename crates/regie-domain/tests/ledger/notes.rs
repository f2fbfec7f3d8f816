//! Checkpoints are signed notes that another implementation opens, and theirs open here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regie_domain::ledger::checkpoint::{Checkpoint, CheckpointError, VerifierKey};
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};

use crate::support::{Log, ORIGIN, sign, signing_key, verifier_key, verify};

#[test]
fn a_checkpoint_opens_in_another_implementation_and_with_witnesses_here() {
    let log = Log::numbered(12);
    let note = log.note(12, 1);
    let key = verifier_key(1);
    let theirs = signed_note::new_ed25519_verifier_key(ORIGIN, &signing_key(1).verifying_key());
    assert_eq!(key.to_string(), theirs);
    assert_eq!(VerifierKey::parse(&theirs), Ok(key.clone()));
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&theirs).unwrap())]);
    let mut opened = Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(opened.verify(&known).unwrap().0.len(), 1);

    // A witness adds its signature; ours still stands, and theirs alone is not enough.
    let witness = witness("witness.example", 3);
    opened.add_sigs(&[&witness]).unwrap();
    let both = String::from_utf8(opened.to_bytes()).unwrap();
    let found = Checkpoint::open(&both, &key, &verify).unwrap();
    assert_eq!((found.size, found.root, found.origin.as_str()), (12, log.root(12), ORIGIN));
    let mut alone = Note::new(opened.text(), &[]).unwrap();
    alone.add_sigs(&[&witness]).unwrap();
    let alone = String::from_utf8(alone.to_bytes()).unwrap();
    assert_eq!(Checkpoint::open(&alone, &key, &verify).unwrap_err().code(), "checkpoint_not_signed");
}

fn witness(name: &str, seed: u8) -> StandardSigner {
    let public = [&[1], signing_key(seed).verifying_key().to_bytes().as_slice()].concat();
    let private = STANDARD.encode([&[1], [seed; 32].as_slice()].concat());
    StandardSigner::new(&format!("PRIVATE+KEY+{name}+{:08x}+{private}", signed_note::key_id(name, &public))).unwrap()
}

#[test]
fn what_is_not_this_logs_checkpoint_is_refused_by_name() {
    let log = Log::numbered(3);
    let (note, key) = (log.note(3, 1), verifier_key(1));
    let open = |note: &str| Checkpoint::open(note, &key, &verify).unwrap_err().code();
    assert_eq!(open(&log.note(3, 2)), "checkpoint_not_signed");
    assert_eq!(open(&note.replacen("\n3\n", "\n4\n", 1)), "checkpoint_forged");
    for broken in
        ["", "\n", "a\n1\n", &note[..note.len() - 1], &note.replace('—', "-"), &note.replace("\n\n", "\n"), &format!("{note}\t\n")]
    {
        assert_eq!(open(broken), "note_unreadable", "{broken:?}");
    }
    assert_eq!(open(&format!("{note}x\n")), "note_unreadable");
    assert_eq!(open(&"x".repeat(70_000)), "note_unreadable");
    for text in [
        format!("{ORIGIN}\n03\nAAAA\n"),
        format!("{ORIGIN}\n3\nAAAA\n"),
        format!("{ORIGIN}\n{}\n{}\n", u64::MAX, "A".repeat(43) + "="),
        format!("{ORIGIN}\n3\n"),
        format!("a b\n3\n{}=\n", "A".repeat(43)),
        format!("{ORIGIN}\n3\n{}=\nmore\n", "A".repeat(43)),
    ] {
        let end = &note[note.find("\n\n").unwrap() + 1..];
        assert_eq!(open(&format!("{text}{end}")), "checkpoint_unreadable", "{text}");
    }
    // Signed with the right key, for a log of another name.
    let other = Checkpoint { origin: "elsewhere.example".to_owned(), size: 3, root: log.root(3) };
    assert_eq!(open(&other.signed(&key, sign(1))), "checkpoint_of_another_log");
}

#[test]
fn a_key_is_read_only_whole() {
    let key = verifier_key(1).to_string();
    for broken in [
        String::new(),
        "a+b".to_owned(),
        key.replacen('+', " ", 1),
        key[..key.len() - 4].to_owned(),
        key.replace("winkel", "winkelx"),
        key.replacen("+", "+0", 1),
    ] {
        assert!(matches!(VerifierKey::parse(&broken), Err(CheckpointError::NotAKey { .. })), "{broken}");
    }
    for name in ["", "a b", "a+b", "{", "a\n", &"x".repeat(201)] {
        assert!(VerifierKey::new(name, [0; 32]).is_err(), "{name}");
    }
}
