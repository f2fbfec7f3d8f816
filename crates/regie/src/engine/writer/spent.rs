//! Which choices no longer matter.
//!
//! The rule: of what a customer chose longer ago than the policy keeps choices, there stays what makes up where the customer stood when
//! that term began, and nothing else. So a choice goes when its term has passed since it ended mattering:
//!
//! - one that another followed (of the same purpose, the same thing told, the same pause; who consents), counted from the one that followed;
//! - a permission that ended by itself, was used up or was ended by the retailer, counted from that end, a purpose that a newer policy
//!   changed materially counted from its adoption: it reads as never asked then, and is denied before and after;
//! - an objection that was taken back, a pause that was lifted, counted from then; a decision that was contested, counted from the answer.
//!
//! What stands stays for as long as it stands, however old: a no and a withdrawal, an objection, a pause, who consents, what was taken back,
//! a permission that has not ended. So does whatever is about a purpose or a category that the policy does not name now: it may come back.
//! A join stays, and with it the last of each kind before it, for it read where both stood.
//!
//! Invariant: where the customer stands by the policy in force is the same without these choices. It is folded as of the term's beginning and
//! compared before anything goes; where that ever differs (choices that lean on one another in a way that is not foreseen here), all stay.
//! Left out: previews, which are accounts of one use and go by their own age; and deleting ([`upkeep`](super::upkeep)).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use regie_domain::consent::{End, Given, Part, Slot, Standing};
use regie_domain::fact::{Choice, Chosen, Evidence, Fact, RestrictedPart, Until};
use regie_domain::ids::{Handle, RecordId};
use regie_domain::information::InformationItem;
use regie_domain::policy::{Basis, Policy, PurposeIx};
use regie_domain::time::Time;
use regie_store::Meta;

use super::super::past::{Sets, Stands};
use super::super::views::policies::Adopted;

/// What a look at a customer's choices found.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// Where the choices lie that no longer matter.
    pub positions: BTreeSet<u64>,
    /// The purposes of which nothing is left: their slots read as never asked.
    pub unasked: Vec<PurposeIx>,
    /// The earliest moment after which something may matter no longer, once its term has passed.
    pub next: Option<Time>,
}

/// What a choice is about; of each the last one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum About<'f> {
    /// Whether the purpose is permitted.
    Purpose(&'f str),
    /// Whether it is objected to.
    Objection(&'f str),
    /// Whether a browser's signal stands against it.
    Signal(&'f str),
    /// Whether this is paused.
    Part(Option<&'f str>, Option<&'f str>),
    /// What is told of it.
    Item(InformationItem),
}

/// How a choice follows the ones before it about the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// It takes their place.
    Replaces,
    /// It says something more about them.
    Adds,
}

/// Choices about one thing that still count, by their place among the old facts; apart for each set of records between two joins.
type Counting<'f> = BTreeMap<(usize, usize, About<'f>), Vec<usize>>;

/// The choices among `facts` (all of a customer's, in the log's order) that no longer matter. `is_over` says of a moment whether the term
/// of choices has passed since; it is true of everything before a moment of which it is true. O(facts · log facts).
pub(super) fn spent(
    policy: &Policy,
    records: &[(RecordId, Option<Handle>)],
    adopted: &[Adopted],
    facts: &[(Meta, Fact)],
    is_over: impl Fn(Time) -> bool,
) -> Spent {
    let choices: Vec<&(Meta, Fact)> = facts.iter().filter(|(_, fact)| fact.chosen_at().is_some()).collect();
    let old = choices.iter().take_while(|(_, fact)| fact.chosen_at().is_some_and(&is_over)).count();
    let (old, young) = choices.split_at(old);
    let mut found = Spent { next: next(&choices, adopted, &is_over), ..Spent::default() };
    if old.iter().all(|(_, fact)| !fact.is_choice()) {
        return found;
    }
    let adopted_then: Vec<&Adopted> = adopted.iter().take_while(|a| is_over(a.at)).collect();
    let (then, counting) = fold_all(policy, records, &adopted_then, old);

    // What a policy changed within the term was in force within it. What the policy does not name now may come back, and a no with it; so
    // may what has no consent to ask any more.
    let in_flux = |purpose: &str| {
        let changed = adopted.iter().any(|a| !is_over(a.at) && a.ended.iter().any(|id| id == purpose));
        changed || policy.purpose(purpose).is_none_or(|ix| policy.at(ix).slot.is_none() && policy.at(ix).basis != Basis::LegitimateInterest)
    };
    let part_in_flux = |part: &RestrictedPart| {
        part.purpose.as_deref().is_some_and(in_flux) || part.category.as_deref().is_some_and(|id| policy.category(id).is_none())
    };
    let told_in_flux = |item: InformationItem| {
        old.iter().any(|(_, fact)| matches!(fact, Fact::InformationStated(stated) if stated.item == item && in_flux(&stated.purpose)))
    };
    let answered: HashSet<_> = old.iter().filter_map(|(_, f)| if let Fact::ContestAnswered(a) = f { Some(a.id) } else { None }).collect();
    let mut stays: BTreeSet<usize> = BTreeSet::new();
    for ((_, _, about), places) in &counting {
        if stands(policy, &then, about, &is_over) {
            stays.extend(places);
        }
    }
    for (place, (_, fact)) in old.iter().enumerate() {
        let keeps = match fact {
            Fact::Chosen(choice) => in_flux(&choice.purpose),
            Fact::ObjectionWeighed(weighed) => in_flux(&weighed.purpose),
            Fact::Restricted(made) => part_in_flux(&made.part),
            Fact::LiftTold(told) => part_in_flux(&told.part),
            Fact::RestrictionLifted(lifted) => part_in_flux(&lifted.part),
            Fact::InformationStated(stated) => told_in_flux(stated.item),
            Fact::InformationRemoved(removed) => told_in_flux(removed.item),
            Fact::InformationHidden(hidden) => told_in_flux(hidden.item),
            // What is contested waits for its answer, however long that takes.
            Fact::DecisionContested(contested) => !answered.contains(&contested.id),
            _ => false,
        };
        if keeps {
            stays.insert(place);
        }
    }
    // Who consents reaches back to everything chosen before: it stays while any of that does, and the last of them always.
    let consenters = || old.iter().enumerate().filter(|(_, (_, fact))| matches!(fact, Fact::ConsenterStated(_)));
    let last: BTreeMap<RecordId, usize> = consenters().map(|(place, (meta, _))| (meta.record, place)).collect();
    let last: BTreeSet<usize> = last.into_values().collect();
    let first = stays.first().copied();
    let reaches = |place: usize| first.is_some_and(|first| first < place);
    stays.extend(consenters().map(|(place, _)| place).filter(|place| reaches(*place) || last.contains(place)));
    let is_spent = |place: usize, fact: &Fact| can_be_spent(fact) && !stays.contains(&place);
    if old.iter().enumerate().all(|(place, (_, fact))| !is_spent(place, fact)) {
        return found;
    }
    let left: Vec<&(Meta, Fact)> =
        old.iter().enumerate().filter(|(place, (_, fact))| !is_spent(*place, fact)).map(|(_, row)| *row).collect();
    let (without, _) = fold_all(policy, records, &adopted_then, &left);
    if without.len() != then.len() || !without.iter().zip(&then).all(|(a, b)| a.compared(&is_over) == b.compared(&is_over)) {
        return found;
    }
    found.positions.extend(old.iter().enumerate().filter(|(place, (_, fact))| is_spent(*place, fact)).map(|(_, (meta, _))| meta.position));
    let chosen = |fact: &Fact, purpose: &str| matches!(fact, Fact::Chosen(choice) if choice.purpose == purpose);
    let is_left = |purpose: &str| {
        let old_left = old.iter().enumerate().any(|(place, (_, fact))| stays.contains(&place) && chosen(fact, purpose));
        old_left || young.iter().any(|(_, fact)| chosen(fact, purpose))
    };
    let with_slot = (0u8..).zip(&policy.purposes).filter(|(_, purpose)| purpose.slot.is_some());
    found.unasked = with_slot.filter(|(_, purpose)| !is_left(&purpose.id)).map(|(ix, _)| PurposeIx(ix)).collect();
    found
}

/// Is there a rule by which it matters no longer? What is none of these stays.
fn can_be_spent(fact: &Fact) -> bool {
    fact.is_choice() && !matches!(fact, Fact::PreviewMade(_))
}

/// Where one set of records stood.
#[derive(Debug, Clone)]
struct Stood {
    standing: Standing,
    /// Where what is told lies, with its end.
    told: Vec<(InformationItem, u64, bool, Until)>,
    taken_back: Vec<InformationItem>,
}

impl Stood {
    /// Without what had ended by itself a term ago: whether that is still there makes no difference.
    fn compared(&self, is_over: &impl Fn(Time) -> bool) -> Stands {
        let mut standing = self.standing;
        standing.slots.iter_mut().filter(|slot| has_ended(slot, is_over)).for_each(|slot| *slot = Slot::Unknown);
        let told = self.told.iter().filter(|(.., until)| !until_over(*until, is_over)).copied().collect();
        (standing, told, self.taken_back.clone())
    }
}

/// Is this a permission that ended by itself, or by the retailer? Nobody's no.
pub(super) fn has_ended(slot: &Slot, is_over: &impl Fn(Time) -> bool) -> bool {
    match slot {
        Slot::Unknown | Slot::Lapsed | Slot::UsedUp { .. } | Slot::Invalidated => true,
        Slot::Given(Given { end: End::Moment(second), .. }) => is_over(Time::from_seconds(i64::from(*second))),
        Slot::Given(_) | Slot::Refused | Slot::Withdrawn => false,
    }
}

fn until_over(until: Until, is_over: &impl Fn(Time) -> bool) -> bool {
    matches!(until, Until::Moment(end) if is_over(end))
}

/// Does anything about this stand?
fn stands(policy: &Policy, then: &[Stood], about: &About<'_>, is_over: &impl Fn(Time) -> bool) -> bool {
    // Records that were joined since stand where their set does: asked of all, which only keeps more.
    let any = |stands: &dyn Fn(&Stood) -> bool| then.iter().any(stands);
    match about {
        About::Purpose(id) => {
            let purpose = policy.purpose(id).map(|ix| policy.at(ix));
            purpose.is_some_and(|purpose| any(&|stood| stood.standing.slot_of(purpose).is_some_and(|slot| !has_ended(&slot, is_over))))
        }
        About::Objection(id) => {
            policy.purpose(id).is_some_and(|ix| any(&|stood| stood.standing.objected.has(ix) || stood.standing.weighing.has(ix)))
        }
        About::Signal(id) => policy.purpose(id).is_some_and(|ix| any(&|stood| stood.standing.is_signalled(policy.at(ix)))),
        About::Part(purpose, category) => {
            let part = RestrictedPart { purpose: purpose.map(str::to_owned), category: category.map(str::to_owned) };
            Part::of(policy, &part).is_some_and(|part| any(&|stood| stood.standing.restrictions.has(part)))
        }
        About::Item(item) => any(&|stood| {
            let told = stood.told.iter().any(|(told, _, _, until)| told == item && !until_over(*until, is_over));
            told || stood.taken_back.contains(item)
        }),
    }
}

/// Folds the old choices, and notes which of them count about what.
fn fold_all<'f>(
    policy: &Policy,
    records: &[(RecordId, Option<Handle>)],
    adopted: &[&Adopted],
    old: &[&'f (Meta, Fact)],
) -> (Vec<Stood>, Counting<'f>) {
    let mut sets = Sets::new(records.to_vec(), policy);
    let mut adopted = adopted.iter().peekable();
    let (mut counting, mut joins) = (Counting::new(), 0);
    for (place, (meta, fact)) in old.iter().enumerate() {
        while let Some(adopted) = adopted.next_if(|a| a.position < meta.position) {
            sets.end(adopted);
        }
        let set = sets.set_of(meta.record).unwrap_or_default();
        joins += usize::from(matches!(fact, Fact::RecordJoined(_)));
        for (about, follows) in abouts(policy, fact).into_iter().flatten() {
            let places = counting.entry((set, joins, about)).or_default();
            if follows == Follows::Replaces {
                places.clear();
            }
            places.push(place);
        }
        sets.apply(meta.record, meta.position, fact.clone());
    }
    adopted.for_each(|adopted| sets.end(adopted));
    (all_stood(&sets), counting)
}

fn all_stood(sets: &Sets<'_>) -> Vec<Stood> {
    let stood = |(standing, told, taken_back): (Standing, Vec<_>, Vec<_>)| Stood { standing, told, taken_back };
    sets.each().map(stood).collect()
}

/// What a fact is about: two things at most.
fn abouts<'f>(policy: &Policy, fact: &'f Fact) -> [Option<(About<'f>, Follows)>; 2] {
    use Follows::{Adds, Replaces};
    match fact {
        Fact::Chosen(choice) => chosen(policy, choice),
        Fact::ObjectionWeighed(weighed) => [Some((About::Objection(&weighed.purpose), Adds)), None],
        Fact::Restricted(made) => [Some((part(&made.part), Replaces)), None],
        Fact::LiftTold(told) => [Some((part(&told.part), Adds)), None],
        Fact::RestrictionLifted(lifted) => [Some((part(&lifted.part), Replaces)), None],
        Fact::InformationStated(stated) => [Some((About::Item(stated.item), Replaces)), None],
        Fact::InformationHidden(hidden) => [Some((About::Item(hidden.item), Adds)), None],
        Fact::InformationRemoved(removed) => {
            [Some((About::Item(removed.item), if removed.visit.is_some() { Adds } else { Replaces })), None]
        }
        _ => [None, None],
    }
}

fn part(part: &RestrictedPart) -> About<'_> {
    About::Part(part.purpose.as_deref(), part.category.as_deref())
}

/// As [`Standing::apply`] reads it.
fn chosen<'f>(policy: &Policy, choice: &'f Choice) -> [Option<(About<'f>, Follows)>; 2] {
    use Follows::{Adds, Replaces};
    let id = choice.purpose.as_str();
    let Some(purpose) = policy.purpose(id).map(|ix| policy.at(ix)) else { return [None, None] };
    let (permits, objects) = (|follows| Some((About::Purpose(id), follows)), |follows| Some((About::Objection(id), follows)));
    let has_slot = purpose.slot.is_some();
    match &choice.what {
        Chosen::Objected if has_slot && choice.evidence.as_ref().is_some_and(Evidence::is_general_no) => {
            [Some((About::Signal(id), Replaces)), None]
        }
        Chosen::Objected => [objects(Replaces), None],
        Chosen::ObjectionEnded => [objects(Replaces), Some((About::Signal(id), Replaces))],
        _ if !has_slot => [objects(Replaces), None],
        Chosen::Given { .. } => [permits(Replaces), objects(Replaces).filter(|_| !purpose.direct_marketing)],
        Chosen::Refused | Chosen::Withdrawn | Chosen::Invalidated => [permits(Replaces), None],
        Chosen::UsedUp { .. } | Chosen::VisitEnded { .. } | Chosen::LeftBehind => [permits(Adds), None],
    }
}

/// See [`Spent::next`].
fn next(choices: &[&(Meta, Fact)], adopted: &[Adopted], is_over: &impl Fn(Time) -> bool) -> Option<Time> {
    let ends = choices.iter().filter_map(|(_, fact)| match fact {
        Fact::Chosen(Choice { what: Chosen::Given { until: Until::Moment(end), .. }, .. }) => Some(*end),
        Fact::InformationStated(stated) => match stated.until {
            Until::Moment(end) => Some(end),
            _ => None,
        },
        _ => None,
    });
    let chosen = choices.iter().filter_map(|(_, fact)| fact.chosen_at());
    let adopted = adopted.iter().filter(|_| !choices.is_empty()).map(|a| a.at);
    ends.chain(chosen).chain(adopted).filter(|at| !is_over(*at)).min()
}
