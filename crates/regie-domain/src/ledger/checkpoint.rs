//! Checkpoints as C2SP tlog-checkpoint says, in signed notes as C2SP signed-note says: origin, size, root, and who signed it.
//!
//! Invariant: a note is read only if it is written the one way; what was signed is exactly the text that was read.
//! Left out: the signature scheme itself. Ed25519 comes in as a function, so that this crate needs no cryptographic library.

use sha2::{Digest, Sha256};

use super::b64;
use super::tree::{Hash, LEAVES_MAX};

/// The longest note that is read, in bytes; room for a hundred witnesses.
pub const NOTE_BYTES_MAX: usize = 65_536;
/// The longest origin, in bytes.
pub const ORIGIN_BYTES_MAX: usize = 200;
/// Signed-note's number for Ed25519.
const ED25519: u8 = 1;

/// `verify(key, message, signature)`: does this Ed25519 signature hold?
pub type VerifySignature<'a> = &'a dyn Fn(&[u8; 32], &[u8], &[u8]) -> bool;

/// Why a note, a checkpoint or a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note.
    #[error("not a signed note: {why}")]
    NotANote {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A note, but no checkpoint.
    #[error("not a checkpoint: {why}")]
    NotACheckpoint {
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not a verifier key.
    #[error("not a verifier key (name+id+key, as C2SP signed-note writes it): {why}")]
    NotAKey {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The key did not sign it.
    #[error("the key {key} did not sign this checkpoint")]
    NotSigned {
        /// The key that was looked for, as name and id.
        key: String,
    },
    /// The key's signature does not fit the text.
    #[error("the signature by {key} does not fit the checkpoint: one of the two was altered")]
    Forged {
        /// The key that is named, as name and id.
        key: String,
    },
    /// Signed, but for another log.
    #[error("the checkpoint is of the log {origin}, and the key of {key}")]
    OtherLog {
        /// What the checkpoint says.
        origin: String,
        /// What the key says.
        key: String,
    },
}

impl CheckpointError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CheckpointError::NotANote { .. } => "note_unreadable",
            CheckpointError::NotACheckpoint { .. } => "checkpoint_unreadable",
            CheckpointError::NotAKey { .. } => "key_unreadable",
            CheckpointError::NotSigned { .. } => "checkpoint_not_signed",
            CheckpointError::Forged { .. } => "checkpoint_forged",
            CheckpointError::OtherLog { .. } => "checkpoint_of_another_log",
        }
    }
}

/// The head of a log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, b64::encode(&self.root))
    }

    /// The whole note, signed by the log's key. `sign` is Ed25519 with the private half of it.
    pub fn signed(&self, key: &VerifierKey, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> String {
        let text = self.text();
        let signature = [key.id.as_slice(), &sign(text.as_bytes())].concat();
        format!("{text}\n— {} {}\n", key.name, b64::encode(&signature))
    }

    /// Reads a checkpoint and checks the signature by this log's key. Signatures of others (witnesses) are passed over.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn open(note: &str, key: &VerifierKey, verify: VerifySignature<'_>) -> Result<Checkpoint, CheckpointError> {
        let (text, signatures) = note_parts(note)?;
        let checkpoint = Checkpoint::parse(text)?;
        let mut signed = false;
        for signature in signatures.lines() {
            let (name, bytes) = signature_parts(signature)?;
            let Some((id, bytes)) = bytes.split_first_chunk::<4>() else { continue };
            if name != key.name || *id != key.id {
                continue;
            }
            if !verify(&key.key, text.as_bytes(), bytes) {
                return Err(CheckpointError::Forged { key: key.short() });
            }
            signed = true;
        }
        if !signed {
            return Err(CheckpointError::NotSigned { key: key.short() });
        }
        if checkpoint.origin != key.name {
            return Err(CheckpointError::OtherLog { origin: checkpoint.origin, key: key.name.clone() });
        }
        Ok(checkpoint)
    }

    fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let refuse = |why| CheckpointError::NotACheckpoint { why };
        let mut lines = text.split_terminator('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(refuse("it has fewer than three lines"));
        };
        if lines.next().is_some() {
            return Err(refuse("it has lines that this log never writes"));
        }
        if !is_key_name(origin) {
            return Err(refuse("its first line is no origin"));
        }
        let number: u64 = size.parse().map_err(|_| refuse("its second line is no size"))?;
        if number > LEAVES_MAX || number.to_string() != size {
            return Err(refuse("its second line is no size"));
        }
        let root = b64::decode(root).and_then(|r| r.try_into().ok()).ok_or_else(|| refuse("its third line is no root"))?;
        Ok(Checkpoint { origin: origin.to_owned(), size: number, root })
    }
}

/// A log's public key with the name it signs under: `name+id+key`, as signed-note writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: [u8; 32],
}

impl VerifierKey {
    /// The key of this name (the log's origin).
    ///
    /// # Errors
    /// [`CheckpointError::NotAKey`] for a name with spaces, plus signs or nothing in it.
    pub fn new(name: &str, key: [u8; 32]) -> Result<VerifierKey, CheckpointError> {
        if !is_key_name(name) {
            return Err(CheckpointError::NotAKey { why: "its name is empty, too long, or has a space, a plus sign or a brace in it" });
        }
        let hash = Sha256::new_with_prefix(name).chain_update([b'\n', ED25519]).chain_update(key).finalize();
        let mut id = [0; 4];
        id.copy_from_slice(&hash[..4]);
        Ok(VerifierKey { name: name.to_owned(), id, key })
    }

    /// Reads `name+id+key`.
    ///
    /// # Errors
    /// [`CheckpointError::NotAKey`].
    pub fn parse(text: &str) -> Result<VerifierKey, CheckpointError> {
        let refuse = |why| CheckpointError::NotAKey { why };
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(refuse("it has not three parts"));
        };
        let bytes = b64::decode(key).ok_or_else(|| refuse("its third part is not base 64"))?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(refuse("it is not of Ed25519")) };
        let read = VerifierKey::new(name, key.try_into().map_err(|_| refuse("it is not 32 bytes long"))?)?;
        if read.id.iter().map(|b| format!("{b:02x}")).collect::<String>() != id {
            return Err(refuse("its id does not fit"));
        }
        Ok(read)
    }

    /// The log that it signs for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key itself, as RFC 8032 writes it.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// Name and id, without the key: enough for people to tell it from another.
    pub fn short(&self) -> String {
        format!("{}+{:08x}", self.name, u32::from_be_bytes(self.id))
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}", self.short(), b64::encode(&[&[ED25519], self.key.as_slice()].concat()))
    }
}

/// Can a log be called so? No white space and no plus sign, as signed-note demands; no brace, so that the text of a checkpoint can
/// never be taken for the JSON of a receipt, which the same key signs.
pub fn is_key_name(name: &str) -> bool {
    (1..=ORIGIN_BYTES_MAX).contains(&name.len()) && !name.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '+' | '{'))
}

/// The signed text (with its last line end), and the lines of signatures.
fn note_parts(note: &str) -> Result<(&str, &str), CheckpointError> {
    let refuse = |why| CheckpointError::NotANote { why };
    if note.len() > NOTE_BYTES_MAX {
        return Err(refuse("it is too long"));
    }
    if note.chars().any(|c| c < ' ' && c != '\n') {
        return Err(refuse("it has control characters in it"));
    }
    if !note.ends_with('\n') {
        return Err(refuse("it does not end with a line end: it was cut"));
    }
    let at = note.rfind("\n\n").ok_or_else(|| refuse("it has no signatures"))?;
    let (text, signatures) = (&note[..=at], &note[at + 2..]);
    if signatures.is_empty() {
        return Err(refuse("it has no signatures"));
    }
    Ok((text, signatures))
}

fn signature_parts(line: &str) -> Result<(&str, Vec<u8>), CheckpointError> {
    let refuse = || CheckpointError::NotANote { why: "a line of signature cannot be read" };
    let (name, signature) = line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or_else(refuse)?;
    let bytes = b64::decode(signature).filter(|b| b.len() > 4).ok_or_else(refuse)?;
    if is_key_name(name) { Ok((name, bytes)) } else { Err(refuse()) }
}
