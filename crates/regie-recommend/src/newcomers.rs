//! A fair chance for items without history.
//!
//! Nobody has bought them, so no neighbour speaks for them. One place in every so many goes to a newcomer of the departments
//! and brands that the list is about; who among those that fit is decided by lot, drawn from the item's key and a turn (the
//! day, say), so that over the turns each gets its chance. The answer says which items these are, so that the page can say
//! "new" and give no other reason.
//!
//! Invariant: a function of list, newcomers and turn; at least as many items as without newcomers; the first place is never
//! given away. Left out: when an item ceases to be new (the caller says who is).

use crate::{ItemId, ItemKey};

/// An item and where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    pub item: ItemId,
    pub key: ItemKey,
    pub department: u32,
    /// None if it has no brand.
    pub brand: Option<u32>,
}

/// One place of the mixed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    pub item: ItemId,
    /// It stands here because it is new.
    pub newcomer: bool,
}

/// Of the newcomers that fit, those at least half as well as the best draw lots.
const FITTING: u64 = 2;

/// Mixes newcomers into `list` (best first): each `every`-th place of `n` goes to one, as long as any fits; 0 for none. `out` is
/// cleared before. Cost: the newcomers times the list, and a sort of those that fit.
pub fn offer(list: &[Placed], newcomers: &[Placed], n: usize, every: usize, turn: u64, out: &mut Vec<Offered>) {
    out.clear();
    let places = if every < 2 { 0 } else { n / every };
    let shown = &list[..list.len().min(n)];
    // Two for the department and one for the brand, more at the head of the list.
    let fits = |new: &Placed| -> u64 {
        let each = (0_u64..).zip(shown.iter().rev()).map(|(below, old)| {
            let same = 2 * u64::from(old.department == new.department) + u64::from(old.brand.is_some() && old.brand == new.brand);
            same * (below + 1)
        });
        each.sum()
    };
    let known = |new: &Placed| shown.iter().any(|old| old.item == new.item);
    let mut fitting: Vec<(u64, &Placed)> =
        newcomers.iter().filter(|new| places > 0 && !known(new)).map(|new| (fits(new), new)).filter(|(fit, _)| *fit > 0).collect();
    let best = fitting.iter().map(|(fit, _)| *fit).max().unwrap_or(0);
    fitting.retain(|(fit, _)| fit * FITTING >= best);
    fitting.sort_unstable_by_key(|(_, new)| (lot(new.key, turn), new.key));
    fitting.dedup_by_key(|(_, new)| new.item);
    let mut new = fitting.into_iter().take(places).map(|(_, new)| Offered { item: new.item, newcomer: true });
    let mut old = list.iter().map(|old| Offered { item: old.item, newcomer: false });
    for place in 1..=n {
        let next = if every >= 2 && place % every == 0 { new.next().or_else(|| old.next()) } else { old.next().or_else(|| new.next()) };
        let Some(next) = next else { break };
        out.push(next);
    }
}

/// A number that looks random and is the same every time (`SplitMix64`'s last steps).
fn lot(key: ItemKey, turn: u64) -> u64 {
    let mut value = key.0 ^ turn.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(item: u32, department: u32, brand: Option<u32>) -> Placed {
        Placed { item: ItemId(item), key: ItemKey(u64::from(item)), department, brand }
    }

    fn offered(list: &[Placed], newcomers: &[Placed], n: usize, every: usize, turn: u64) -> Vec<(u32, bool)> {
        let mut out = Vec::new();
        offer(list, newcomers, n, every, turn, &mut out);
        out.iter().map(|offered| (offered.item.0, offered.newcomer)).collect()
    }

    /// Name, newcomers, n, every so many, and what is expected.
    type Case<'a> = (&'static str, &'a [Placed], usize, usize, &'static [(u32, bool)]);

    #[test]
    fn the_place_of_newcomers() {
        let list = [1, 2, 3, 4].map(|item| placed(item, 7, None));
        let fits = placed(20, 7, None);
        let strange = placed(21, 8, None);
        let cases: [Case; 7] = [
            ("none", &[], 3, 2, &[(1, false), (2, false), (3, false)]),
            ("switched off", &[fits], 3, 0, &[(1, false), (2, false), (3, false)]),
            ("the second place", &[fits], 3, 2, &[(1, false), (20, true), (2, false)]),
            ("each once", &[fits, fits], 4, 2, &[(1, false), (20, true), (2, false), (3, false)]),
            ("not of another department", &[strange], 3, 2, &[(1, false), (2, false), (3, false)]),
            ("never the only place", &[fits], 1, 1, &[(1, false)]),
            ("one that is there already is none", &[placed(2, 7, None)], 2, 2, &[(1, false), (2, false)]),
        ];
        for (name, newcomers, n, every, expected) in cases {
            assert_eq!(offered(&list, newcomers, n, every, 1), expected, "{name}");
        }
        assert_eq!(offered(&list[..1], &[fits], 2, 2, 1), [(1, false), (20, true)], "a short list is filled");
        assert_eq!(offered(&[], &[fits], 2, 2, 1), []);
    }

    #[test]
    fn a_brand_speaks_too() {
        let list = [placed(1, 7, Some(3)), placed(2, 7, Some(3))];
        let newcomers = [placed(20, 8, Some(3)), placed(21, 8, None), placed(22, 8, Some(4))];
        assert_eq!(offered(&list, &newcomers, 2, 2, 5), [(1, false), (20, true)]);
    }

    #[test]
    fn every_newcomer_gets_its_turn() {
        let list = [placed(1, 7, None)];
        let newcomers: Vec<Placed> = (10..30).map(|item| placed(item, 7, None)).collect();
        let mut shown: Vec<u32> = (0..400).map(|turn| offered(&list, &newcomers, 2, 2, turn)[1].0).collect();
        assert_eq!(offered(&list, &newcomers, 2, 2, 9), offered(&list, &newcomers, 2, 2, 9));
        shown.sort_unstable();
        shown.dedup();
        assert_eq!(shown.len(), 20);
    }
}
