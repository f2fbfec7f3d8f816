//! The master key: 32 bytes that wrap every other key.
//!
//! Written as 64 hexadecimal digits (`openssl rand -hex 32`), in a file or an environment variable; white space around it
//! is ignored. The file `master.key` inside the data folder is for a first start on one machine; production keeps the key elsewhere.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use crate::seal::{Key, random};
use crate::{StoreError, folder};

/// The key that wraps all others. Debug output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey(pub(crate) Key);

impl MasterKey {
    /// Makes a key and writes it to `master.key` in the data folder (made if missing), readable by its owner only.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyExists`] if the folder already has a master key or a key database.
    pub fn generate_in(data: &Path) -> Result<Self, StoreError> {
        let file = data.join(folder::MASTER_KEY);
        if file.exists() || data.join(folder::KEYS).exists() {
            return Err(StoreError::MasterKeyExists { dir: data.to_path_buf() });
        }
        folder::create(data)?;
        let key = Self(random()?);
        let text: String = key.0.iter().map(|byte| format!("{byte:02x}")).chain(["\n".to_owned()]).collect();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&file).and_then(|mut open| {
            open.write_all(text.as_bytes())?;
            open.sync_all()
        });
        written.map_err(|error| StoreError::io(&file, &error))?;
        folder::sync(data)?;
        Ok(key)
    }

    /// The key of the data folder: read if the folder has one or once had, made on a first start. For folders that keep their
    /// key inside.
    ///
    /// # Errors
    /// As [`MasterKey::load`] and [`MasterKey::generate_in`].
    pub fn load_or_generate_in(data: &Path) -> Result<Self, StoreError> {
        if data.join(folder::MASTER_KEY).exists() || data.join(folder::KEYS).exists() { Self::load(data) } else { Self::generate_in(data) }
    }

    /// Reads the key from `master.key` in the data folder.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyUnreadable`].
    pub fn load(data: &Path) -> Result<Self, StoreError> {
        Self::from_file(&data.join(folder::MASTER_KEY))
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyUnreadable`].
    pub fn from_file(file: &Path) -> Result<Self, StoreError> {
        let from = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| StoreError::MasterKeyUnreadable { from: from.clone(), detail: error.to_string() })?;
        Self::from_text(&from, &text)
    }

    /// Reads the key from an environment variable.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyUnreadable`].
    pub fn from_env(variable: &str) -> Result<Self, StoreError> {
        let from = format!("the environment variable {variable}");
        let text =
            std::env::var(variable).map_err(|error| StoreError::MasterKeyUnreadable { from: from.clone(), detail: error.to_string() })?;
        Self::from_text(&from, &text)
    }

    /// Reads 64 hexadecimal digits; `from` says in errors where they stood.
    ///
    /// # Errors
    /// [`StoreError::MasterKeyUnreadable`]; the text itself is never repeated.
    pub fn from_text(from: &str, text: &str) -> Result<Self, StoreError> {
        let refuse = |detail: &str| StoreError::MasterKeyUnreadable { from: from.to_owned(), detail: detail.to_owned() };
        let key = crate::tombstones::unhex(text.trim().as_bytes()).ok_or_else(|| refuse("not 64 hexadecimal digits"))?;
        if key == [0; 32] {
            return Err(refuse("all digits are zero"));
        }
        Ok(Self(key))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_is_read_back_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let key = MasterKey::generate_in(&data).unwrap();
        assert_eq!(MasterKey::load(&data).unwrap(), key);
        assert_eq!(MasterKey::generate_in(&data).unwrap_err().code(), "master_key_exists");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(data.join("master.key").metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn only_64_digits_are_a_key() {
        let good = "0f".repeat(32);
        assert!(MasterKey::from_text("here", &format!(" {good}\n")).is_ok());
        for text in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"00".repeat(32), &format!("{good}x")] {
            let error = MasterKey::from_text("here", text).unwrap_err();
            assert_eq!(error.code(), "master_key_unreadable");
            assert!(text.len() < 10 || !error.to_string().contains(text), "the text is not repeated");
        }
        assert_eq!(MasterKey::from_env("REGIE_NO_SUCH_VARIABLE").unwrap_err().code(), "master_key_unreadable");
    }
}
