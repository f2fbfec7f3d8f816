//! Asking the model: what goes with this visit?
//!
//! Four steps. (1) Walk the visit's items, newest first, and collect the newest *m* sessions that hold any of them.
//! (2) Keep the *k* most similar: similarity is the sum of the weights of the visit's items they hold; ties go to the
//! later start, then to the greater session key. (3) Score their items (`score`). (4) Take the best *n*.
//!
//! Why the newest *m* need no heap: when a list has yielded *m* sessions, nothing older than its last can be among the
//! newest *m* overall; so that start is a floor under all lists, and what little is too much is cut off afterwards. The
//! result is the newest *m* of the union, whatever the order of walking.
//!
//! Invariants: no allocation once the scratch has grown; sums are integers, so order cannot matter; idf is a pure
//! function of two counters. Left out: who asks and what they may see, which is the caller's `keep`.

use std::cmp::Ordering;
use std::ops::Range;

use crate::ItemId;
use crate::items::ln;
use crate::model::Model;
use crate::parameters::{Algorithm, MAX_ITEMS};
use crate::scratch::{Candidate, Contender, Scratch};
use crate::weights::Weights;

/// How many entries of a list one sample stands for.
const SAMPLE_STEP: usize = 16;

/// A recommended item.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    pub item: ItemId,
    /// Comparable within one answer only; zero or more.
    pub score: f32,
    /// The item of the visit that spoke for it most; of equals the newest. [`Scratch::reasons`] has the strongest three.
    pub because: ItemId,
}

/// One distinct item of the visit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) item: u32,
    pub(crate) position: u32,
}

/// What is asked, taken apart.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    pub(crate) window: &'a [ItemId],
    asked: [Asked; MAX_ITEMS],
    known: usize,
    pub(crate) weights: Weights,
}

impl Question<'_> {
    /// The visit's distinct known items, newest first.
    pub(crate) fn asked(&self) -> &[Asked] {
        &self.asked[..self.known]
    }

    /// The item at a distance from the visit's newest event.
    #[inline]
    pub(crate) fn item(&self, position: usize) -> u32 {
        self.window[self.window.len() - 1 - position].0
    }
}

impl Model {
    /// The `n` best items that go with a visit, best first, into `out` (cleared before); [`Scratch::reasons`] then says what
    /// of the visit spoke for each.
    ///
    /// `visit` is in order of event; its newest [`crate::Parameters::max_items`] events count, each distinct item at its
    /// newest place. Unknown items only take up their place. An empty or wholly unknown visit gives nothing. `keep`
    /// says whether an item may be recommended; it must be a pure function, and is asked only about items that came near
    /// to making the list. Ties go by [`crate::ItemKey`]. Fewer than `n` come if the neighbours hold no more.
    pub fn predict(&self, visit: &[ItemId], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        if let Some(question) = self.ask(visit, n, keep, scratch, out) {
            self.explain(&question, scratch, out);
        }
    }

    /// As [`Model::predict`], but `because` is only the visit's newest known item and there are no other reasons: a fifth
    /// faster, for evaluation and for lists that nobody sees.
    pub fn predict_without_reasons(
        &self,
        visit: &[ItemId],
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        scratch: &mut Scratch,
        out: &mut Vec<Scored>,
    ) {
        self.ask(visit, n, keep, scratch, out);
    }

    /// Works out for some of the answers of [`Model::predict_without_reasons`] what of the visit spoke for each, as
    /// [`Model::predict`] does for all. It must be the last question that was asked with this scratch, with the same visit.
    pub fn explain_some(&self, visit: &[ItemId], answers: &mut [Scored], scratch: &mut Scratch) {
        scratch.reasons.clear();
        if let Some(question) = self.question(visit) {
            self.explain(&question, scratch, answers);
        }
    }

    fn ask<'a>(
        &self,
        visit: &'a [ItemId],
        n: usize,
        keep: impl Fn(ItemId) -> bool,
        scratch: &mut Scratch,
        out: &mut Vec<Scored>,
    ) -> Option<Question<'a>> {
        out.clear();
        scratch.reasons.clear();
        let question = self.question(visit)?;
        let newest = question.asked().first().filter(|_| n > 0)?;
        if let [only] = question.asked() {
            self.collect_one(*only, question.weights.similar[only.position as usize], scratch);
        } else {
            self.collect(&question, scratch);
            self.keep_newest(self.parameters.m, scratch);
            self.keep_most_similar(self.parameters.k, scratch);
        }
        match self.parameters.algorithm {
            Algorithm::Vmis => self.score_evenly(scratch),
            Algorithm::Vstan => self.score_by_distance(&question, scratch),
        }
        let current = question.window.last().copied().filter(|_| !self.parameters.repeat_current);
        self.best_items(n, |item| Some(item) != current && keep(item), scratch);
        let because = ItemId(newest.item);
        let unit = question.weights.unit;
        out.extend(scratch.contenders.iter().map(|best| Scored { item: ItemId(best.item), score: best.score * unit, because }));
        Some(question)
    }

    fn question<'a>(&self, visit: &'a [ItemId]) -> Option<Question<'a>> {
        let window = &visit[visit.len().saturating_sub(self.parameters.max_items)..];
        let mut asked = [Asked { item: 0, position: 0 }; MAX_ITEMS];
        let (mut known, mut distinct) = (0, 0);
        for (position, item) in (0_u32..).zip(window.iter().rev()) {
            let newer = &window[window.len() - position as usize..];
            if newer.contains(item) {
                continue;
            }
            distinct += 1;
            if self.sessions_with(*item) > 0 {
                asked[known] = Asked { item: item.0, position };
                known += 1;
            }
        }
        if known == 0 {
            return None;
        }
        let ln_sessions = f64::from(ln(self.len()));
        let weighed = asked[..known].iter().map(|asked| {
            let idf = match self.parameters.algorithm {
                Algorithm::Vstan if self.parameters.visit_idf > 0 && known > 1 => {
                    1.0 - f64::from(ln(self.sessions_with(ItemId(asked.item)))) / ln_sessions.max(1.0)
                }
                _ => 1.0,
            };
            (asked.position as usize, idf)
        });
        let weights = Weights::new(&self.parameters, &self.tables, window.len(), distinct, weighed);
        Some(Question { window, asked, known, weights })
    }

    /// With one item all neighbours are equally similar, so the newest are the most similar.
    fn collect_one(&self, asked: Asked, weight: u32, scratch: &mut Scratch) {
        let mut left = self.parameters.m.min(self.parameters.k);
        let mask = 1 << asked.position;
        scratch.clear_candidates(left);
        for run in self.items.postings[asked.item as usize].runs() {
            let run = &run[run.len().saturating_sub(left)..];
            left -= run.len();
            let room = &mut scratch.candidates[scratch.len..scratch.len + run.len()];
            for (candidate, posting) in room.iter_mut().zip(run) {
                *candidate = Candidate::new(*posting, weight, mask);
            }
            scratch.len += run.len();
            if left == 0 {
                break;
            }
        }
    }

    fn collect(&self, question: &Question<'_>, scratch: &mut Scratch) {
        let lists = question.asked().iter().map(|asked| self.items.postings[asked.item as usize].len().min(self.parameters.m));
        let entries = lists.sum();
        let shift = scratch.next_table(entries);
        self.sample(question, entries, scratch);
        // Sessions in several lists are counted several times, so look a little further than m at once.
        let m = self.parameters.m;
        let mut wanted = (m + m * 3 / 8) / SAMPLE_STEP;
        let mut starts = 0..u32::MAX;
        while scratch.len < m && starts.end > 0 {
            starts.start = match scratch.starts.len().checked_sub(wanted.max(1)) {
                Some(at) if at > 0 => (*scratch.starts.select_nth_unstable(at).1).min(starts.end),
                _ => 0,
            };
            self.collect_between(question, starts.clone(), shift, scratch);
            starts.end = starts.start;
            wanted += wanted / 2 + 1;
        }
    }

    /// The start of every so many-th entry of the lists: they tell how far back the newest *m* of the union likely lie,
    /// so that older entries need not be walked. If there are too few to matter, none.
    fn sample(&self, question: &Question<'_>, entries: usize, scratch: &mut Scratch) {
        let m = self.parameters.m;
        scratch.starts.clear();
        if entries < m * 3 / 2 {
            return;
        }
        for asked in question.asked() {
            let (mut left, mut skip) = (m, SAMPLE_STEP - 1);
            for run in self.items.postings[asked.item as usize].runs() {
                let run = &run[run.len().saturating_sub(left)..];
                left -= run.len();
                scratch.starts.extend(run.iter().rev().skip(skip).step_by(SAMPLE_STEP).map(|one| one.start));
                skip = (skip + SAMPLE_STEP - run.len() % SAMPLE_STEP) % SAMPLE_STEP;
                if left == 0 {
                    break;
                }
            }
        }
    }

    fn collect_between(&self, question: &Question<'_>, starts: Range<u32>, shift: u32, scratch: &mut Scratch) {
        let m = self.parameters.m;
        // No session older than this can be among the newest m.
        let mut floor = starts.start;
        for &Asked { item, position } in question.asked() {
            let (weight, bit) = (question.weights.similar[position as usize], 1 << position);
            let mut left = m;
            for run in self.items.postings[item as usize].runs() {
                let run = &run[run.len().saturating_sub(left)..];
                left -= run.len();
                if !scratch.add(shift, run, floor..starts.end, weight, bit) {
                    break;
                }
                if left == 0 {
                    floor = floor.max(run.first().map_or(0, |oldest| oldest.start));
                    break;
                }
            }
        }
    }

    fn keep_newest(&self, m: usize, scratch: &mut Scratch) {
        if scratch.len > m {
            let floor = scratch.floor(m);
            scratch.retain(|candidate| candidate.start() >= floor);
            self.drop_ties(m, |candidate| candidate.start() == floor, scratch);
        }
    }

    fn keep_most_similar(&self, k: usize, scratch: &mut Scratch) {
        if scratch.len > k {
            scratch.ranks.clear();
            // Selecting among plain numbers is several times as fast as among what they stand for.
            scratch.ranks.extend(scratch.candidates[..scratch.len].iter().map(|candidate| candidate.rank));
            let worst = *scratch.ranks.select_nth_unstable(scratch.len - k).1;
            scratch.retain(|candidate| candidate.rank >= worst);
            self.drop_ties(k, |candidate| candidate.rank == worst, scratch);
        }
    }

    /// What is too much among the candidates that come last together: those with the least session keys go.
    fn drop_ties(&self, count: usize, last: impl Fn(Candidate) -> bool, scratch: &mut Scratch) {
        if scratch.len <= count {
            return;
        }
        let candidates = &scratch.candidates[..scratch.len];
        scratch.ranks.clear();
        scratch.ranks.extend(candidates.iter().filter(|near| last(**near)).map(|near| self.sessions.key(near.slot)));
        let too_many = scratch.len - count;
        let mut keys = std::mem::take(&mut scratch.ranks);
        let least = *keys.select_nth_unstable(too_many).1;
        scratch.ranks = keys;
        scratch.retain(|candidate| !last(candidate) || self.sessions.key(candidate.slot) >= least);
        // Only if two sessions break the rule that keys are unique is there still too much.
        scratch.len = scratch.len.min(count);
    }

    /// The best touched items that `keep` lets through, best first, into the scratch.
    fn best_items(&self, n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch) {
        let (base, slope) = self.items.scale(ln(self.len()));
        let Scratch { touched, touched_len, sums, contenders, .. } = scratch;
        let order = |a: &Contender, b: &Contender| -> Ordering {
            let keys = || self.items.keys[a.item as usize].cmp(&self.items.keys[b.item as usize]);
            b.score.total_cmp(&a.score).then_with(keys)
        };
        contenders.clear();
        let mut worst = f32::NEG_INFINITY;
        let room = n.saturating_mul(3);
        for &item in &touched[..*touched_len] {
            let sum = std::mem::take(&mut sums[item as usize]);
            let score = sum as f32 * (base - slope * self.items.weight[item as usize]);
            if score < worst || !keep(ItemId(item)) {
                continue;
            }
            contenders.push(Contender { score, item });
            if contenders.len() >= room {
                let (_, last, _) = contenders.select_nth_unstable_by(n - 1, order);
                worst = last.score;
                contenders.truncate(n);
            }
        }
        if contenders.len() > n {
            contenders.select_nth_unstable_by(n - 1, order);
            contenders.truncate(n);
        }
        contenders.sort_unstable_by(order);
    }
}
