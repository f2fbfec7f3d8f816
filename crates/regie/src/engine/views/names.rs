//! The ids of items, and the small integer of each.
//!
//! Every event of a replay asks for a few of them, so everything lies close together: one text, one table of integers.
//! Integers are given out in turn and never change.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// See the module. About 14 bytes an item and its id's own bytes.
#[derive(Debug, Default)]
pub(crate) struct Names {
    text: String,
    ends: Vec<u32>,
    /// Its hash is seeded anew in each process: ids come from outside.
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
}

impl Names {
    /// The integer of an id.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.table.find(self.hasher.hash_one(name), |&ix| self.get(ix) == Some(name)).copied()
    }

    /// Gives a new id its integer; `None` once four gigabytes of ids are held. The id must not be there yet.
    pub(crate) fn push(&mut self, name: &str) -> Option<u32> {
        let ix = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.text.len() + name.len()).ok()?;
        self.text.push_str(name);
        self.ends.push(end);
        let (hasher, text, ends) = (&self.hasher, &self.text, &self.ends);
        self.table.insert_unique(hasher.hash_one(name), ix, |&other| hasher.hash_one(cut(text, ends, other).unwrap_or_default()));
        Some(ix)
    }

    /// The id behind an integer.
    pub(crate) fn get(&self, ix: u32) -> Option<&str> {
        cut(&self.text, &self.ends, ix)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn cut<'a>(text: &'a str, ends: &[u32], ix: u32) -> Option<&'a str> {
    let ix = ix as usize;
    let end = *ends.get(ix)?;
    let begin = ix.checked_sub(1).map_or(0, |before| ends[before]);
    text.get(begin as usize..end as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_given_in_turn_and_lead_back() {
        let mut names = Names::default();
        let all = ["", "a", "caf\u{e9}", "aa", "e"];
        for (ix, name) in (0u32..).zip(all) {
            assert_eq!(names.find(name), None);
            assert_eq!(names.push(name), Some(ix));
        }
        for i in 0..1000u32 {
            assert_eq!(names.push(&format!("item {i}")), Some(5 + i));
        }
        for (ix, name) in (0u32..).zip(all) {
            assert_eq!((names.find(name), names.get(ix)), (Some(ix), Some(name)));
        }
        assert_eq!((names.find("item 999"), names.get(1005), names.len()), (Some(1004), None, 1005));
    }
}
