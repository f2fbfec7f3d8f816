//! Scoring the items of the neighbours, and saying what spoke for each.
//!
//! VMIS: every item of a neighbour gets similarity × closeness, where closeness falls by a tenth with the distance of the
//! newest shared item from the end of the visit. VSTAN: each shared item speaks for the neighbour's items by their distance
//! from it; so every score is a plain sum over the visit's items, and so are the reasons.
//!
//! Invariant: sums of integers only, and [`Model::explain`] adds up the same terms as the scores. Left out: idf and damping,
//! which apply to the sum of an item.

use std::cmp::Reverse;

use crate::ItemId;
use crate::model::Model;
use crate::parameters::{Algorithm, MAX_ITEMS};
use crate::predict::{Question, Scored};
use crate::scratch::{Answer, Candidate, Gifts, Near, Reasons, Row, Scratch};
use crate::sessions::{INLINE, LINE};
use crate::weights::{REACH, closeness, counted};

impl Model {
    pub(crate) fn score_evenly(&self, current: Option<ItemId>, scratch: &mut Scratch) {
        let count = self.touch(scratch);
        let Near { neighbours, items, given } = &mut scratch.near;
        let mut gifts = Gifts::new(items, given, count);
        for neighbour in neighbours.iter() {
            let weight = neighbour.similarity() * closeness(neighbour.mask());
            let (len, line) = self.sessions.line(neighbour.posting.slot);
            let counting = if self.gives(*neighbour) { len } else { 0 };
            gifts.line(counting.min(INLINE), line, &[weight; LINE]);
            if counting > INLINE {
                self.sessions.rest(neighbour.posting.slot).iter().for_each(|&item| gifts.one(item, weight));
            }
        }
        self.sum_up(gifts, &mut scratch.sums, &mut scratch.touched, current);
    }

    pub(crate) fn score_by_distance(&self, question: &Question<'_>, current: Option<ItemId>, scratch: &mut Scratch) {
        let count = self.touch(scratch);
        self.fill_rows(question, scratch);
        let newest_start = scratch.newest_start();
        let uneven = self.parameters.snh_half_life > 0 || self.parameters.alike > 0;
        let Scratch { near: Near { neighbours, items, given }, rows, one, .. } = scratch;
        let mut gifts = Gifts::new(items, given, count);
        for neighbour in neighbours.iter() {
            let (len, line) = self.sessions.line(neighbour.posting.slot);
            let rows = rows_of(rows, *neighbour);
            if len > INLINE {
                let rest = self.sessions.rest(neighbour.posting.slot);
                let sums = zeros(one, len);
                for position in positions(neighbour.mask()) {
                    add_by_distance(&rows[position], place_of(line, rest, question.item(position)), sums);
                }
                let count = self.count(question, *neighbour, newest_start);
                sums.iter_mut().for_each(|sum| *sum = counted(*sum, count));
                gifts.some(&line[..INLINE], &sums[..INLINE]);
                gifts.some(rest, &sums[INLINE..]);
                continue;
            }
            // All sums of the line at once: fixed lengths let the processor do them side by side.
            let mut sums = [0_u32; LINE];
            for position in positions(neighbour.mask()) {
                let from = REACH - index_in(line, question.item(position)).min(INLINE - 1);
                for (sum, given) in sums.iter_mut().zip(&rows[position][from..from + LINE]) {
                    *sum += given;
                }
            }
            if uneven {
                let count = self.count(question, *neighbour, newest_start);
                sums.iter_mut().for_each(|sum| *sum = counted(*sum, count));
            }
            gifts.line(len, line, &sums);
        }
        self.sum_up(gifts, &mut scratch.sums, &mut scratch.touched, current);
    }

    /// How many items the neighbours have together.
    fn touch(&self, scratch: &Scratch) -> usize {
        // Touching all neighbours' lines once before use lets the waits for memory overlap.
        scratch.near.neighbours.iter().map(|near| self.sessions.item_count(near.posting.slot) as usize).sum()
    }

    fn sum_up(&self, gifts: Gifts<'_>, sums: &mut Vec<u32>, touched: &mut Vec<u32>, current: Option<ItemId>) {
        if sums.len() < self.items.len() {
            sums.resize(self.items.len(), 0);
        }
        // What has a sum already is not touched: so the current item is left out.
        let left_out = current.map(|item| item.0 as usize).filter(|&item| item < sums.len());
        left_out.into_iter().for_each(|item| sums[item] = 1);
        gifts.sum_up(sums, touched);
        left_out.into_iter().for_each(|item| sums[item] = 0);
    }

    /// For each pair of newest shared and shared item, what an item gets by its distance from the latter.
    fn fill_rows(&self, question: &Question<'_>, scratch: &mut Scratch) {
        if scratch.rows.is_empty() {
            scratch.rows.resize(MAX_ITEMS * MAX_ITEMS, [0; REACH * 2 + 1]);
        }
        for (index, newest) in question.asked().iter().enumerate() {
            for one in &question.asked()[index..] {
                let (newest, position) = (newest.position as usize, one.position as usize);
                let weight = question.weights.shared(&self.tables, &self.parameters, newest, position);
                let row = &mut scratch.rows[newest * MAX_ITEMS + position];
                for (given, near) in row.iter_mut().zip(&self.tables.near) {
                    *given = weight * near;
                }
                if position == 0 {
                    row[REACH + 1] = weight * self.tables.next;
                }
            }
        }
    }

    fn count(&self, question: &Question<'_>, neighbour: Candidate, newest_start: u32) -> u32 {
        let seconds = newest_start - neighbour.posting.start;
        question.weights.count(&self.tables, &self.parameters, neighbour.similarity(), seconds)
    }

    /// Finds for each recommended item which items of the visit gave it most, by going over what the neighbours gave once more.
    pub(crate) fn explain(&self, question: &Question<'_>, scratch: &mut Scratch, out: &mut [Scored]) {
        if let [only] = question.asked() {
            for scored in out {
                scored.because = ItemId(only.item);
                scratch.reasons.push(Reasons::only(scored.because));
            }
            return;
        }
        scratch.contributions.clear();
        scratch.contributions.resize(out.len(), [0; MAX_ITEMS]);
        // The sums are all zero between questions; here they say which answer an item is, plus one.
        for (index, scored) in (1_u32..).zip(out.iter()) {
            scratch.sums[scored.item.0 as usize] = index;
        }
        let newest_start = scratch.newest_start();
        // A further question may have filled them with its own.
        self.fill_rows(question, scratch);
        let Scratch { near: Near { neighbours, items, given }, sums, contributions, rows, answers, .. } = scratch;
        let (mut items, mut given) = (items.as_slice(), given.as_slice());
        for neighbour in neighbours.iter().filter(|neighbour| self.gives(**neighbour)) {
            let len = self.sessions.item_count(neighbour.posting.slot) as usize;
            let (own, own_given) = (&items[..len], &given[..len]);
            (items, given) = (&items[len..], &given[len..]);
            let answers = answers_among(own, sums, answers);
            let mask = neighbour.mask();
            if answers.is_empty() {
                continue;
            }
            if mask.is_power_of_two() {
                // All that it gave was for that one item.
                let position = mask.trailing_zeros() as usize % MAX_ITEMS;
                for &Answer { place, index } in answers {
                    let sum = &mut contributions[index as usize][position];
                    *sum = sum.wrapping_add(own_given[place as usize]);
                }
                continue;
            }
            let (_, line) = self.sessions.line(neighbour.posting.slot);
            let rest = if len > INLINE { self.sessions.rest(neighbour.posting.slot) } else { &[] };
            let count = self.count(question, *neighbour, newest_start);
            for position in positions(mask) {
                let (row, at) = (&rows_of(rows, *neighbour)[position], place_of(line, rest, question.item(position)));
                for &Answer { place, index } in answers {
                    let given = match self.parameters.algorithm {
                        Algorithm::Vmis => question.weights.similar[position] * closeness(mask),
                        Algorithm::Vstan => counted(row[by_distance(at, place as usize)], count),
                    };
                    let sum = &mut contributions[index as usize][position];
                    *sum = sum.wrapping_add(given);
                }
            }
        }
        for scored in out.iter() {
            scratch.sums[scored.item.0 as usize] = 0;
        }
        for (scored, contributions) in out.iter_mut().zip(&scratch.contributions) {
            let mut reasons = strongest(question.window, *contributions);
            let first = reasons.iter().next();
            match first {
                Some((item, _)) => scored.because = item,
                // It came with a further question: all of the visit led there.
                None => reasons = Reasons::only(scored.because),
            }
            scratch.reasons.push(reasons);
        }
    }

    /// Of a neighbour that is too far nothing counts.
    fn gives(&self, neighbour: Candidate) -> bool {
        self.parameters.algorithm == Algorithm::Vstan || closeness(neighbour.mask()) > 0
    }
}

/// The answers among the items of a neighbour; `sums` says which answer an item is, plus one.
fn answers_among<'a>(own: &[u32], sums: &[u32], room: &'a mut Vec<Answer>) -> &'a [Answer] {
    if room.len() < own.len() {
        room.resize(own.len(), Answer::default());
    }
    let mut len = 0;
    for (place, &item) in (0_u32..).zip(own) {
        // Written before it is known to be one: there is nothing to guess.
        let answer = sums[item as usize];
        room[len] = Answer { place, index: answer.wrapping_sub(1) };
        len += usize::from(answer > 0);
    }
    &room[..len]
}

/// Where in a [`Row`] stands what the item at a place gets for the shared item at another.
fn by_distance(at: usize, place: usize) -> usize {
    (REACH + place).saturating_sub(at).min(REACH * 2)
}

/// For each shared item of a neighbour, by its position, what items get by their distance from it.
fn rows_of(rows: &[Row], neighbour: Candidate) -> &[Row] {
    &rows[neighbour.mask().trailing_zeros() as usize * MAX_ITEMS..][..MAX_ITEMS]
}

/// Adds what the items of a neighbour get for the shared item at a place.
fn add_by_distance(row: &Row, at: usize, sums: &mut [u32]) {
    let (far, others) = sums.split_at_mut(at.saturating_sub(REACH));
    let near = &row[REACH - at.min(REACH)..];
    let (others, farther) = others.split_at_mut(near.len().min(others.len()));
    far.iter_mut().for_each(|sum| *sum += row[0]);
    others.iter_mut().zip(near).for_each(|(sum, given)| *sum += given);
    farther.iter_mut().for_each(|sum| *sum += row[REACH * 2]);
}

fn zeros(room: &mut Vec<u32>, len: usize) -> &mut [u32] {
    room.clear();
    room.resize(len, 0);
    room
}

/// Where a shared item is in a neighbour.
fn place_of(line: &[u32; LINE], rest: &[u32], item: u32) -> usize {
    let at = index_in(line, item);
    if at < INLINE { at } else { INLINE + rest.iter().position(|&other| other == item).unwrap_or(0) }
}

/// The positions of the visit in a mask, the newest first.
fn positions(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = (mask != 0).then(|| mask.trailing_zeros() as usize);
        mask &= mask.wrapping_sub(1);
        position
    })
}

/// The index of an item in a line, or 32 if it is not there. All places are compared, whichever holds it: that is quicker than
/// to stop at a place that cannot be guessed.
fn index_in(line: &[u32; LINE], item: u32) -> usize {
    let hits = line.iter().zip(0..).fold(0_u32, |hits, (&other, at)| hits | u32::from(other == item) << at);
    // The last word is the length.
    (hits & !(1 << INLINE)).trailing_zeros() as usize
}

/// The three items of the visit that gave most; of equals the newer first.
fn strongest(window: &[ItemId], mut contributions: [u32; MAX_ITEMS]) -> Reasons {
    let total: u64 = contributions.iter().map(|&given| u64::from(given)).sum();
    let mut reasons = Reasons::default();
    for _ in 0..3 {
        let best = (0..window.len()).max_by_key(|&position| (contributions[position], Reverse(position)));
        let Some(position) = best.filter(|&position| contributions[position] > 0) else {
            break;
        };
        reasons.push(window[window.len() - 1 - position], contributions[position] as f32 / total as f32);
        contributions[position] = 0;
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_gets_what_all_get_together() {
        let row: Row = std::array::from_fn(|at| u32::try_from(at).unwrap() + 1);
        for at in [0, 3, 15, 16, 17, 40, 59] {
            let mut sums = [0; 60];
            add_by_distance(&row, at, &mut sums);
            let each: Vec<u32> = (0..60).map(|place| row[by_distance(at, place)]).collect();
            assert_eq!(sums[..], each, "{at}");
        }
    }
}
