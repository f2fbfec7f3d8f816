//! Records that become one customer: a no wins until the customer decides again.

use proptest::prelude::*;
use regie_domain::consent::{Consents, Cover, End, Given, Restrictions, Slot, Standing, combine, take_along};
use regie_domain::fact::{Choice, Chosen, Consenter, Until, VisitId};
use regie_domain::policy::{Categories, CategoryIx, Channels, PurposeIx, Purposes, Recipients};

use crate::support::{at, choice, covering, given, policy, recommend};

const JOIN: &str = "2026-05-01T00:00:00Z";
const NOW: &str = "2026-06-01T12:00:00Z";

/// The word for `recommend` after these choices on records 1 and 2, which are joined in between.
fn joined(before: &[(u8, Chosen)], after: &[(u8, Chosen)]) -> (&'static str, Standing) {
    let policy = policy();
    let choices = |all: &[(u8, Chosen)]| -> Vec<(u8, Choice)> {
        all.iter().map(|(record, what)| (*record, choice("recommendations", what.clone()))).collect()
    };
    let mut apart = [Standing::default(); 2];
    for (record, choice) in choices(before) {
        apart[usize::from(record) - 1].apply(&policy, &choice);
    }
    let mut standing = combine(&policy, &apart[0], &apart[1], at(JOIN));
    choices(after).iter().for_each(|(_, choice)| standing.apply(&policy, choice));
    let mut consents = Consents::new();
    consents.put(&policy, 0, &standing);
    (consents.decide(&policy, Some(0), &recommend(&policy), at(NOW)).reason(), standing)
}

#[test]
fn a_no_on_any_record_wins_until_the_customer_decides_again() {
    let yes = || given(Until::Withdrawn);
    let past = || given(Until::Moment(at("2026-04-01T00:00:00Z")));
    let soon = || given(Until::Moment(at("2026-05-20T00:00:00Z")));
    let table = [
        (vec![(1, yes()), (2, Chosen::Refused)], vec![], "refused"),
        (vec![(1, Chosen::Refused), (2, yes())], vec![], "refused"),
        (vec![(1, yes()), (2, yes()), (2, Chosen::Withdrawn)], vec![], "withdrawn"),
        (vec![(1, yes()), (2, Chosen::Objected)], vec![], "objected"),
        // What the retailer ended is no "no": the yes that stands was given after that. Without one it is told apart.
        (vec![(1, yes()), (2, Chosen::Invalidated)], vec![], "consent"),
        (vec![(1, past()), (2, Chosen::Invalidated)], vec![], "invalidated"),
        (vec![(1, Chosen::Refused), (2, Chosen::Invalidated)], vec![], "refused"),
        (vec![(1, Chosen::Withdrawn), (2, Chosen::Refused)], vec![], "refused"),
        // What merely was never asked, or is over, is no "no".
        (vec![(1, yes())], vec![], "consent"),
        (vec![(1, yes()), (2, past())], vec![], "consent"),
        (vec![(1, past())], vec![], "expired"),
        // The shorter of two permissions.
        (vec![(1, yes()), (2, soon())], vec![], "expired"),
        (vec![(1, yes()), (2, given(Until::Once))], vec![], "consent"),
        // Deciding again, on whichever record, counts for the customer.
        (vec![(1, yes()), (2, Chosen::Refused)], vec![(1, yes())], "consent"),
        (vec![(1, yes()), (2, Chosen::Refused)], vec![(2, yes())], "consent"),
        (vec![(1, yes()), (2, yes())], vec![(2, Chosen::Withdrawn)], "withdrawn"),
        (vec![], vec![(1, yes()), (2, Chosen::Withdrawn), (1, yes())], "consent"),
        // What both cover remains: here nothing.
        (vec![(1, yes()), (2, covering(&["browsing"], &["retailer"], &["web"], Until::Withdrawn))], vec![], "category_not_covered"),
        (vec![(1, yes()), (2, covering(&["purchases"], &["retailer"], &["app"], Until::Withdrawn))], vec![], "channel_not_covered"),
    ];
    for (before, after, expected) in table {
        assert_eq!(joined(&before, &after).0, expected, "{before:?} joined {after:?}");
    }
    assert!(matches!(joined(&[(1, yes()), (2, given(Until::Once))], &[]).1.slots[0], Slot::Given(Given { end: End::Once, .. })));
}

/// A customer takes along what a device chose: what only the device permitted needs the customer's word, a no needs none.
#[test]
fn a_permission_of_the_device_alone_comes_along_only_where_it_is_carried() {
    let policy = policy();
    let yes = || given(Until::Withdrawn);
    let past = || given(Until::Moment(at("2026-04-01T00:00:00Z")));
    let carried = ["recommendations".to_owned()];
    let other = ["model-improvement".to_owned(), "nothing-of-the-kind".to_owned()];
    let table = [
        (vec![], vec![yes()], Some(&[][..]), "expired"),
        (vec![], vec![yes()], Some(&other[..]), "expired"),
        (vec![], vec![yes()], Some(&carried[..]), "consent"),
        (vec![], vec![yes()], None, "consent"),
        (vec![past()], vec![yes()], Some(&[][..]), "expired"),
        (vec![yes()], vec![yes()], Some(&[][..]), "consent"),
        (vec![yes()], vec![], Some(&[][..]), "consent"),
        (vec![Chosen::Refused], vec![yes()], Some(&carried[..]), "refused"),
        (vec![yes()], vec![Chosen::Refused], Some(&[][..]), "refused"),
        (vec![yes()], vec![yes(), Chosen::Withdrawn], Some(&carried[..]), "withdrawn"),
        (vec![yes()], vec![Chosen::Objected], Some(&[][..]), "objected"),
    ];
    for (own, device, carries, expected) in table {
        let [own_stands, device_stands] = [&own, &device].map(|choices| {
            let mut standing = Standing::default();
            choices.iter().for_each(|what| standing.apply(&policy, &choice("recommendations", what.clone())));
            standing
        });
        let joined = take_along(&policy, &own_stands, &device_stands, carries, at(JOIN));
        let mut consents = Consents::new();
        consents.put(&policy, 0, &joined);
        let word = consents.decide(&policy, Some(0), &recommend(&policy), at(NOW)).reason();
        assert_eq!(word, expected, "{own:?} takes along {device:?} with {carries:?}");
    }
}

fn cover() -> impl Strategy<Value = Cover> {
    (0u64..4, 0u32..8, 0u16..4).prop_map(|(r, c, h)| Cover { recipients: Recipients(r), categories: Categories(c), channels: Channels(h) })
}

fn slot() -> impl Strategy<Value = Slot> {
    // Around the moment of joining, 2026-05-01.
    let end = prop_oneof![
        (0u64..3).prop_map(|v| End::Visit(VisitId(v))),
        Just(End::Once),
        (1_777_593_599u32..1_777_593_602).prop_map(End::Moment),
        Just(End::Withdrawn)
    ];
    let given = (end, cover(), any::<bool>(), any::<bool>())
        .prop_map(|(end, cover, by_guardian, despite_restriction)| Slot::Given(Given { end, cover, by_guardian, despite_restriction }));
    prop_oneof![
        4 => given,
        1 => Just(Slot::Unknown),
        1 => Just(Slot::Refused),
        1 => Just(Slot::Withdrawn),
        1 => Just(Slot::Invalidated),
        1 => any::<bool>().prop_map(|despite_restriction| Slot::UsedUp { despite_restriction }),
        1 => Just(Slot::Lapsed),
    ]
}

fn consenter() -> impl Strategy<Value = Option<Consenter>> {
    prop_oneof![Just(None), Just(Some(Consenter::Customer)), Just(Some(Consenter::Guardian))]
}

fn restrictions() -> impl Strategy<Value = Restrictions> {
    let some = (any::<bool>(), 0u32..4, 0u32..4, 0usize..3, 0u32..4).prop_map(|(whole, purposes, categories, at, cell)| {
        let mut all = Restrictions { whole, purposes: Purposes(purposes), categories: Categories(categories), ..Restrictions::default() };
        all.cells[at] = Categories(cell);
        all
    });
    prop_oneof![Just(Restrictions::default()), some]
}

fn standing() -> impl Strategy<Value = Standing> {
    // A vector, not an array of strategies: twelve of these side by side overflow a test's stack.
    (proptest::collection::vec(slot(), 12), any::<u32>(), consenter(), restrictions(), 0u16..4096).prop_map(
        |(slots, objected, consenter, restrictions, signalled)| Standing {
            slots: slots.try_into().unwrap(),
            objected: Purposes(objected),
            consenter,
            restrictions,
            signalled,
            weighing: Purposes(objected & 0x5),
        },
    )
}

fn no(slot: Slot) -> bool {
    matches!(slot, Slot::Refused | Slot::Withdrawn)
}

proptest! {
    #[test]
    fn joining_is_commutative_and_associative(a in standing(), b in standing(), c in standing()) {
        let policy = policy();
        let join = |a: &Standing, b: &Standing| combine(&policy, a, b, at(JOIN));
        prop_assert_eq!(join(&a, &b), join(&b, &a));
        prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
        prop_assert_eq!(join(&join(&a, &b), &b), join(&a, &b));
    }

    #[test]
    fn a_no_wins_and_nothing_is_permitted_that_no_record_permitted(a in standing(), b in standing()) {
        let policy = policy();
        let joined = combine(&policy, &a, &b, at(JOIN));
        prop_assert_eq!(joined.objected.0, a.objected.0 | b.objected.0);
        // Weighed is what either has weighed, but not what stands for good on the other.
        prop_assert_eq!(joined.weighing.0 & !(a.weighing.0 | b.weighing.0), 0);
        for (one, other) in [(&a, &b), (&b, &a)] {
            prop_assert_eq!(joined.weighing.0 & one.objected.0 & !one.weighing.0, 0);
            prop_assert_eq!(one.weighing.0 & !joined.weighing.0 & !(other.objected.0 & !other.weighing.0), 0);
        }
        prop_assert_eq!((joined.is_minor(), joined.signalled), (a.is_minor() || b.is_minor(), a.signalled | b.signalled));
        for purpose in (0..3).map(PurposeIx) {
            for category in (0..3).map(CategoryIx) {
                let covers = |s: &Standing| s.restrictions.covers(purpose, category);
                prop_assert_eq!(covers(&joined), covers(&a) || covers(&b));
            }
        }
        // Does a restriction of this record reach the purpose of this slot?
        let holds = |of: &Standing, at: usize| {
            let mut purposes = (0u8..).zip(&policy.purposes);
            let Some((ix, purpose)) = purposes.find(|(_, purpose)| purpose.slot.is_some_and(|slot| usize::from(slot) == at)) else { return false };
            purpose.categories.iter().any(|category| of.restrictions.covers(PurposeIx(ix), category))
        };
        let signals = [(&a, &b), (&b, &a)].map(|(one, other)| {
            // Rule 21: it ends no specific yes of either, and denies without one.
            let is_over = |slot| matches!(slot, Slot::Unknown | Slot::Lapsed | Slot::UsedUp { .. });
            let is_no = |at: usize| one.signalled >> at & 1 == 1 && is_over(one.slots[at]) && is_over(other.slots[at]);
            (0..12).filter(|&at| is_no(at)).all(|at| joined.slots[at] == Slot::Unknown)
                && (0..12).filter(|&at| holds(other, at)).all(|at| match (one.slots[at], other.slots[at], joined.slots[at]) {
                    (_, Slot::Given(_), _) => true,
                    (_, _, Slot::Given(joined)) => !joined.despite_restriction,
                    _ => true,
                })
        });
        prop_assert_eq!(signals, [true, true], "a signal of either, and a restriction of the other");
        for ((a, b), joined) in a.slots.into_iter().zip(b.slots).zip(joined.slots) {
            // Neither a browser's signal nor what the retailer ended takes a yes away.
            if !no(a) && !no(b) && [a, b].iter().any(|slot| matches!(slot, Slot::Given(g) if !matches!(g.end, End::Moment(_)))) {
                prop_assert!(matches!(joined, Slot::Given(_)));
            }
            if no(a) || no(b) {
                prop_assert!(no(joined));
                prop_assert!(joined == a || joined == b);
            }
            if let Slot::Given(joined) = joined {
                let permits = |slot: Slot| matches!(slot, Slot::Given(g) if g.end == joined.end
                    && g.cover.categories.covers(joined.cover.categories)
                    && g.cover.recipients.covers(joined.cover.recipients)
                    && g.cover.channels.covers(joined.cover.channels));
                prop_assert!(permits(a) || permits(b));
            }
        }
    }

    #[test]
    fn taking_along_nothing_permits_nothing_new_and_loses_no_no(a in standing(), b in standing()) {
        let (policy, moment) = (policy(), at(JOIN));
        let (all, joined) = (combine(&policy, &a, &b, moment), take_along(&policy, &a, &b, Some(&[]), moment));
        prop_assert_eq!((joined.objected, joined.consenter, joined.restrictions), (all.objected, all.consenter, all.restrictions));
        for ((a, all), joined) in a.slots.into_iter().zip(all.slots).zip(joined.slots) {
            prop_assert!(!matches!(joined, Slot::Given(_)) || matches!(a, Slot::Given(_)));
            prop_assert!(!no(all) || joined == all);
        }
        prop_assert_eq!(take_along(&policy, &a, &b, None, moment), all);
    }

    #[test]
    fn packing_loses_nothing(standings in proptest::collection::vec(standing(), 1..6)) {
        let policy = policy();
        let mut consents = Consents::new();
        // Twice, and over one another: what stood there before leaves no trace.
        for round in 0..2u32 {
            for (customer, standing) in (0u32..).zip(&standings) {
                consents.put(&policy, (customer + round) % 3, standing);
                prop_assert_eq!(consents.standing((customer + round) % 3), *standing);
            }
        }
    }
}
