//! Where in the file a fault lies: the line of a key, found by the path that the reader of the values names.
//!
//! Left out: values. Nothing of what stands behind a key is ever said; it might be a secret.

use toml::de::{DeTable, DeValue, Error};

/// The line, from 1, of the last part of `path` that the file has: the key itself, else the table that lacks it.
pub(super) fn line_of<'a>(text: &str, path: impl IntoIterator<Item = &'a str>) -> Option<usize> {
    let (tree, _) = DeTable::parse_recoverable(text);
    let mut at = None;
    let mut table = Some(tree.get_ref());
    let mut array = None;
    for part in path {
        let found = match (table, array) {
            (Some(entries), _) => entries.get_key_value(part).map(|(key, value)| (key.span().start, value.get_ref())),
            (None, Some(items)) => {
                let items: &toml::de::DeArray<'_> = items;
                part.parse().ok().and_then(|n: usize| items.get(n)).map(|item| (item.span().start, item.get_ref()))
            }
            (None, None) => None,
        };
        let Some((offset, value)) = found else { break };
        at = Some(offset);
        (table, array) = match value {
            DeValue::Table(entries) => (Some(entries), None),
            DeValue::Array(items) => (None, Some(items)),
            _ => (None, None),
        };
    }
    at.map(|offset| line_at(text, offset))
}

/// What keeps a text from being TOML at all, and its line.
pub(super) fn not_toml(text: &str) -> Option<(usize, String)> {
    let error: Error = DeTable::parse(text).err()?;
    Some((line_at(text, error.span().map_or(0, |span| span.start)), error.message().to_owned()))
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_on_its_line() {
        let text = "listen = \"x\"\n\n[[sources]]\nid = \"a\"\n[[sources]]\nid = \"b\"\nkeys = [\n  1,\n]\n[master_key]\nfil = \"x\"\n";
        for (path, line) in [
            ("listen", Some(1)),
            ("sources.0.id", Some(4)),
            ("sources.1", Some(5)),
            ("sources.1.keys", Some(7)),
            ("sources.1.keys.0", Some(8)),
            ("sources.1.origins", Some(5)),
            ("master_key.fil", Some(11)),
            ("nothing", None),
        ] {
            assert_eq!(line_of(text, path.split('.')), line, "{path}");
        }
    }

    #[test]
    fn a_text_that_is_no_toml_is_named_by_its_line_alone() {
        let (line, said) = not_toml("listen = \"x\"\nkey = s3cret\n").unwrap();
        assert_eq!(line, 2);
        assert!(!said.contains("s3cret"), "{said}");
        assert_eq!(not_toml("a = 1"), None);
    }
}
