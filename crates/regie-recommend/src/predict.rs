//! Asking the model: what goes with this visit?
//!
//! Four steps. (1) Walk the visit's items, newest first, and collect the newest *m* sessions that hold any of them.
//! (2) Choose the *k* most similar (`choose`): similarity is the sum of the weights of the visit's items they hold; ties go to the
//! later start, then to the greater session key. (3) Score their items (`score`). (4) Take the best *n* (`best`). With VSTAN, (5) if
//! there are fewer, ask once more with the answer as the visit: what goes with what goes with it.
//!
//! Why the newest *m* need no heap: when a list has yielded *m* sessions, nothing older than its last can be among the
//! newest *m* overall; so that start is a floor under all lists, and what little is too much is cut off afterwards. The
//! result is the newest *m* of the union, whatever the order of walking.
//!
//! Invariants: no allocation once the scratch has grown; sums are integers, so order cannot matter; idf is a pure
//! function of two counters. Left out: who asks and what they may see, which is the caller's `keep`.

use std::ops::Range;

use crate::ItemId;
use crate::items::ln;
use crate::model::Model;
use crate::parameters::{Algorithm, MAX_ITEMS};
use crate::scratch::{Candidate, Scratch, tally, within};
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
    /// to making the list. Ties go by [`crate::ItemKey`]. Fewer than `n` come if the neighbours, and with VSTAN the neighbours
    /// of their items, hold no more. Whatever the latter add comes last, and its reason is the visit's newest known item.
    pub fn predict(&self, visit: &[ItemId], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        self.predict_without_reasons(visit, n, keep, scratch, out);
        self.explain_some(visit, out, scratch);
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
        if self.ask(visit, n, &keep, scratch, out).is_some() {
            self.go_further(visit, n, &keep, scratch, out);
        }
    }

    /// Works out for some of the answers of [`Model::predict_without_reasons`] what of the visit spoke for each, as
    /// [`Model::predict`] does for all. It must be the last question that was asked with this scratch, with the same visit.
    pub fn explain_some(&self, visit: &[ItemId], answers: &mut [Scored], scratch: &mut Scratch) {
        scratch.reasons.clear();
        // Without answers the scratch may hold the neighbours of an earlier question.
        if let Some(question) = self.question(visit).filter(|_| !answers.is_empty()) {
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
        let question = self.find_best(visit, n, keep, scratch)?;
        let because = ItemId(question.asked()[0].item);
        let unit = question.weights.unit;
        out.extend(scratch.contenders.iter().map(|&(item, score)| Scored { item: ItemId(item), score: score * unit, because }));
        Some(question)
    }

    /// Fills a list that is too short with what goes with it. The best answer takes the place of the visit's newest item.
    fn go_further(&self, visit: &[ItemId], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch, out: &mut Vec<Scored>) {
        let found = out.len();
        let (Algorithm::Vstan, Some(&best), Some(&last)) = (self.parameters.algorithm, out.first(), out.last()) else { return };
        if found >= n {
            return;
        }
        let mut further = [best.item; MAX_ITEMS];
        let len = found.min(self.parameters.max_items);
        for (place, scored) in further[..len].iter_mut().zip(out[..len].iter().rev()) {
            *place = scored.item;
        }
        let current = visit.last().copied().filter(|_| !self.parameters.repeat_current);
        let known = |item| Some(item) == current || out.iter().any(|scored| scored.item == item);
        // The visit's own neighbours are what the reasons are read from.
        std::mem::swap(&mut scratch.near, &mut scratch.own_near);
        self.find_best(&further[..len], n - found, |item| !known(item) && keep(item), scratch);
        std::mem::swap(&mut scratch.near, &mut scratch.own_near);
        let greatest = scratch.contenders.first().map_or(1.0, |one| one.1);
        let below = last.score * 0.5;
        let more = scratch.contenders.iter().map(|&(item, score)| Scored {
            item: ItemId(item),
            score: below * (score / greatest),
            because: best.because,
        });
        out.extend(more);
    }

    /// The best `n` into the scratch's contenders; none if nothing of the visit is known, or nothing wanted.
    fn find_best<'a>(&self, visit: &'a [ItemId], n: usize, keep: impl Fn(ItemId) -> bool, scratch: &mut Scratch) -> Option<Question<'a>> {
        scratch.contenders.clear();
        let question = self.question(visit)?;
        if n == 0 {
            return None;
        }
        if let [only] = question.asked() {
            self.collect_one(*only, question.weights.similar[only.position as usize], scratch);
        } else {
            self.collect(&question, scratch);
            self.choose(scratch);
        }
        let current = question.window.last().copied().filter(|_| !self.parameters.repeat_current);
        match self.parameters.algorithm {
            Algorithm::Vmis => self.score_evenly(current, scratch),
            Algorithm::Vstan => self.score_by_distance(&question, current, scratch),
        }
        self.weigh(scratch);
        let Scratch { best, contenders, touched, .. } = scratch;
        contenders.extend(best.of(touched, n, |item| keep(ItemId(item)), |item| self.items.keys[item as usize]));
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
        let speaks = self.parameters.algorithm == Algorithm::Vstan && self.parameters.visit_idf > 0 && known > 1;
        let ln_sessions = if speaks { f64::from(ln(self.len())).max(1.0) } else { 1.0 };
        let weighed = asked[..known].iter().map(|asked| {
            let idf = if speaks { 1.0 - f64::from(ln(self.sessions_with(ItemId(asked.item)))) / ln_sessions } else { 1.0 };
            (asked.position as usize, idf)
        });
        let weights = Weights::new(&self.parameters, &self.tables, window.len(), distinct, weighed);
        Some(Question { window, asked, known, weights })
    }

    /// With one item all neighbours are equally similar, so the newest are the most similar.
    fn collect_one(&self, asked: Asked, weight: u32, scratch: &mut Scratch) {
        let mut left = self.parameters.m.min(self.parameters.k);
        let tally = tally(weight, asked.position);
        scratch.near.neighbours.clear();
        for run in self.items.postings[asked.item as usize].runs() {
            let run = &run[run.len().saturating_sub(left)..];
            left -= run.len();
            scratch.near.neighbours.extend(run.iter().map(|&posting| Candidate { posting, tally }));
            if left == 0 {
                break;
            }
        }
    }

    fn collect(&self, question: &Question<'_>, scratch: &mut Scratch) {
        let lists = question.asked().iter().map(|asked| self.items.postings[asked.item as usize].len().min(self.parameters.m));
        let entries: usize = lists.sum();
        scratch.clear_candidates(entries.min(self.parameters.m * 2));
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
            self.collect_between(question, starts.clone(), scratch);
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

    fn collect_between(&self, question: &Question<'_>, starts: Range<u32>, scratch: &mut Scratch) {
        let m = self.parameters.m;
        // No session older than this can be among the newest m.
        let mut floor = starts.start;
        for (index, &Asked { item, position }) in question.asked().iter().enumerate() {
            let gain = tally(question.weights.similar[position as usize], position);
            let mut left = m;
            for run in self.items.postings[item as usize].runs() {
                let run = &run[run.len().saturating_sub(left)..];
                left -= run.len();
                let counting = within(run, floor..starts.end);
                // Nothing in the list before it, and nothing of these starts in an earlier round.
                if index == 0 {
                    scratch.add_new(counting, gain);
                } else {
                    scratch.add(counting, gain);
                }
                if run.first().is_some_and(|oldest| oldest.start < floor) {
                    break;
                }
                if left == 0 {
                    floor = floor.max(run.first().map_or(0, |oldest| oldest.start));
                    break;
                }
            }
        }
    }

    /// Scores the touched items, and leaves their sums at zero.
    fn weigh(&self, scratch: &mut Scratch) {
        let (base, slope) = self.items.scale(ln(self.len()));
        let Scratch { touched, sums, best, .. } = scratch;
        let (sums, weights) = (&mut sums[..self.items.len()], &self.items.weight[..self.items.len()]);
        best.scores.clear();
        best.scores.extend(touched.iter().map(|&item| {
            let sum = std::mem::take(&mut sums[item as usize]);
            (sum as f32 * (base - slope * weights[item as usize])).to_bits().cast_signed()
        }));
    }
}
