//! Why each item stands in the list: the customer's own events that spoke for it, and what the customer told. Worked out for what is shown,
//! because that costs as much as finding it did.

use std::sync::Arc;

use regie_domain::time::Time;
use regie_recommend::blend::{Blended, Origin};
use regie_recommend::{ItemId, Reasons};
use smallvec::SmallVec;

use super::list::{Making, Work};
use super::permit::Grounds;
use crate::engine::api::{Because, Becauses, Recommendations, Recommended};
use crate::engine::views::profiles::Known;

/// Events that are named for an item.
const REASONS_MAX: usize = 3;

/// The list with its reasons.
pub(super) fn answer(making: &Making<'_>, work: &mut Work) -> Recommendations {
    explain(making, work);
    let work = &*work;
    let mut telling = Telling { making, work, found: SmallVec::new() };
    let mut chosen = work.chosen.iter();
    // Variety may put an item behind one with a lower score: the score says the place.
    let mut lowest = f32::INFINITY;
    let mut items = Vec::with_capacity(work.offered.len());
    for offered in &work.offered {
        let blended = if offered.newcomer { None } else { chosen.next().and_then(|&at| work.blended.get(at)) };
        lowest = blended.map_or(lowest, |b| lowest.min(b.score));
        let because = blended.map(|b| telling.reasons_of(b)).unwrap_or_default();
        let score = if lowest.is_finite() { lowest } else { 0.0 };
        let item = making.views.catalogue.name(offered.item.0).to_owned();
        items.push(Recommended { item, score, because, new: offered.newcomer });
    }
    let permitted = making.permitted;
    // What was told may have left items out and named none: the list is nobody else's all the same.
    let personal = !permitted.informed.is_nothing() || items.iter().any(|i| !i.because.is_empty());
    Recommendations { personal, reason: permitted.reason, once_not_used: permitted.once_not_used, items }
}

/// Works out what of the items asked about spoke for each item that is shown and came with them.
fn explain(making: &Making<'_>, work: &mut Work) {
    let Work { query, scratch, scored, shown, offered, .. } = work;
    let listed: SmallVec<[u32; 32]> = offered.iter().filter(|o| !o.newcomer).map(|o| o.item.0).collect();
    shown.clear();
    shown.extend(scored.iter().filter(|s| listed.contains(&s.item.0)));
    if !shown.is_empty() {
        making.views.model.explain_some(query, shown, scratch);
    }
}

/// Says reasons; the same few items of the visit and of the customer's habits speak for all others.
struct Telling<'a> {
    making: &'a Making<'a>,
    work: &'a Work,
    found: SmallVec<[(ItemId, Option<Arc<Because>>); 16]>,
}

impl Telling<'_> {
    fn reasons_of(&mut self, b: &Blended) -> Becauses {
        // What of the visit and of the customer's habits spoke for it most.
        let Work { shown, scratch, repeats, .. } = self.work;
        let at = shown.iter().position(|s| s.item == b.item);
        let with_it = at.and_then(|at| scratch.reasons().get(at)).into_iter().flat_map(Reasons::iter).map(|(item, _)| item);
        let again = repeats.iter().any(|r| r.item == b.item).then_some(b.item);
        let first = again.filter(|_| b.origin == Origin::Repeat);
        let mut named: SmallVec<[ItemId; REASONS_MAX]> = SmallVec::new();
        for item in first.into_iter().chain(with_it).chain(again).filter(|_| b.origin != Origin::Popular) {
            if named.contains(&item) {
                continue;
            }
            if named.len() == REASONS_MAX {
                break;
            }
            named.push(item);
        }
        let mut because: Becauses = named.into_iter().filter_map(|item| self.because(item, b.item)).collect();
        because.extend(self.making.permitted.informed.reasons(self.making.views, b.item.0).map(Arc::new));
        because
    }

    /// Why this item speaks for that one: of an item itself only that it was bought.
    fn because(&mut self, item: ItemId, of: ItemId) -> Option<Arc<Because>> {
        if item == of {
            return self.making.known(item.0, true).and_then(|known| self.of_known(&known)).map(Arc::new);
        }
        if let Some((_, because)) = self.found.iter().find(|(before, _)| *before == item) {
            return because.clone();
        }
        let newest = [true, false].into_iter().filter_map(|bought| self.making.known(item.0, bought)).max_by_key(|known| known.at);
        let because = newest.and_then(|known| self.of_known(&known)).or_else(|| self.of_visit(item)).map(Arc::new);
        self.found.push((item, because.clone()));
        because
    }

    fn of_known(&self, known: &Known) -> Option<Because> {
        let permitted = self.making.permitted;
        let grounds = if known.bought { permitted.purchases.as_ref() } else { permitted.browsing.as_ref() }?;
        let at = Some(Time::from_seconds(known.at.into()));
        Some(Because { event: Some(known.event), at, times: known.count, ..self.resting_on(grounds, known.item) })
    }

    fn of_visit(&self, item: ItemId) -> Option<Because> {
        let grounds = self.making.permitted.visit.as_ref().filter(|_| self.making.carried.contains(&item))?;
        Some(self.resting_on(grounds, item.0))
    }

    fn resting_on(&self, grounds: &Grounds, item: u32) -> Because {
        let Grounds { purpose, category, until } = grounds.clone();
        let item = self.making.views.catalogue.shared_name(item);
        Because { event: None, item, at: None, category, consent: purpose, until, times: 1, information: None }
    }
}
