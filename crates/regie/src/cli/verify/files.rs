//! What was handed in: a receipt, a list of receipts as the API answers it, or a checkpoint. Told apart by how they begin.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;

/// The largest file that is read: a list of a thousand receipts.
const FILE_BYTES_MAX: u64 = 16_000_000;

/// One thing to check.
pub(super) enum Input {
    /// A receipt, as text.
    Receipt {
        /// Where it came from.
        name: String,
        /// Its text.
        text: Vec<u8>,
        /// The file of the list that it is of, if it is of one.
        list: Option<String>,
    },
    /// A checkpoint, as a signed note.
    Note {
        /// Where it came from.
        name: String,
        /// Its text.
        text: String,
    },
}

/// Why a file is none of these.
pub(super) struct Unusable {
    pub(super) code: &'static str,
    pub(super) sentence: String,
}

/// Reads a file.
pub(super) fn read(file: &Path) -> Result<Vec<Input>, Unusable> {
    let name = file.display().to_string();
    let unusable = |code, sentence: String| Unusable { code, sentence };
    let unreadable = |e: std::io::Error| unusable("file_unreadable", e.to_string());
    let mut bytes = Vec::new();
    // Counted while it is read: a device or a pipe has no size.
    let read = std::fs::File::open(file).map_err(unreadable)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes);
    if read.map_err(unreadable)? as u64 > FILE_BYTES_MAX {
        return Err(unusable("file_too_large", format!("more than {FILE_BYTES_MAX} bytes: no receipt or list of them is so large")));
    }
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(unusable("receipt_unreadable", "the file is empty".to_owned())),
        Some(b'{' | b'[') => Ok(receipts(name, bytes)),
        Some(_) => {
            let text =
                String::from_utf8(bytes).map_err(|_| unusable("file_not_understood", "neither JSON nor a signed note".to_owned()))?;
            Ok(vec![Input::Note { name, text }])
        }
    }
}

/// A list as the API answers it. Its own names are read once; a receipt of it stays as it is written, so that what is checked is what
/// was handed in.
#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    receipts: Vec<&'a RawValue>,
    /// What only a receipt has: one that carries others is checked itself, not taken for their list.
    #[serde(borrow, rename = "regie:ledger")]
    ledger: Option<&'a RawValue>,
}

/// One receipt, or those of a list. A list is only a way to carry them: each is checked as if it stood alone.
fn receipts(name: String, bytes: Vec<u8>) -> Vec<Input> {
    let bare = || serde_json::from_slice::<Vec<&RawValue>>(&bytes).ok();
    let listed = serde_json::from_slice::<List<'_>>(&bytes)
        .ok()
        .filter(|list| list.ledger.is_none())
        .map(|list| list.receipts)
        .or_else(bare)
        .filter(|all| !all.is_empty());
    let Some(listed) = listed else { return vec![Input::Receipt { name, text: bytes, list: None }] };
    let one = |(i, receipt): (usize, &RawValue)| Input::Receipt {
        name: format!("{name} #{i}"),
        text: receipt.get().as_bytes().to_vec(),
        list: Some(name.clone()),
    };
    (1..).zip(listed).map(one).collect()
}
