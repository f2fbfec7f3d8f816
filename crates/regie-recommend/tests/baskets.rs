//! Baskets are forgotten exactly: after random histories the model equals one that learned only what remains, to the bit.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use regie_recommend::baskets::{Basket, BasketModel, BasketParameters, BasketScratch, CustomerKey};
use regie_recommend::{CustomerSlot, ItemId, ItemKey, Learned, SessionKey};

const ITEMS: u64 = 20;
const UNKNOWN: u64 = ITEMS;

/// Lasting keys in another order than the numbers.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(7)
}

fn id_of(model: &BasketModel, number: u64) -> ItemId {
    if number >= UNKNOWN { ItemId(u32::MAX) } else { model.find(ItemKey(scattered(number))).unwrap() }
}

fn empty_model(parameters: BasketParameters, items: impl Iterator<Item = u64>) -> BasketModel {
    let mut model = BasketModel::new(parameters).unwrap();
    for number in items {
        model.intern(ItemKey(scattered(number)));
    }
    model
}

fn learn(model: &mut BasketModel, slot: u32, customer: u32, basket: u64, time: u32, items: &[u64]) -> Learned {
    let items: Vec<ItemId> = items.iter().map(|&number| id_of(model, number)).collect();
    let customer_key = CustomerKey(scattered(u64::from(customer) + 100));
    model.learn(Basket { customer: CustomerSlot(slot), customer_key, key: SessionKey(scattered(basket)), time, items: &items })
}

#[derive(Clone, Debug)]
enum Step {
    Learn { customer: u32, basket: u64, time: u32, items: Vec<u64> },
    Forget { customer: u32 },
    ForgetBasket { customer: u32, basket: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (customer, basket) = (0_u32..8, 0_u64..10);
    let item = prop_oneof![12 => 0..ITEMS, 1 => Just(UNKNOWN)];
    let step = prop_oneof![
        8 => (customer.clone(), basket.clone(), 0_u32..400, prop::collection::vec(item, 0..8))
            .prop_map(|(customer, basket, time, items)| Step::Learn { customer, basket, time, items }),
        1 => customer.clone().prop_map(|customer| Step::Forget { customer }),
        2 => (customer, basket).prop_map(|(customer, basket)| Step::ForgetBasket { customer, basket }),
    ];
    prop::collection::vec(step, 1..90)
}

fn parameters() -> impl Strategy<Value = BasketParameters> {
    let shape = (0.3..=1.0_f64, 1_usize..4, prop_oneof![Just(0), 1_u32..200], 0_u8..=4);
    let asking = (1_usize..6, 1_usize..6, 1_usize..8, 0.0..2.0_f64, 0.0..1.0_f64);
    (shape, asking).prop_map(|((group_decay, group, half_life, size_damping), (m, k, query_items, neighbours, popularity))| {
        BasketParameters { group_decay, group, half_life, size_damping, m, k, query_items, neighbours, popularity }
    })
}

type Answer = (u64, u64, [Option<u64>; 3]);

fn answers(model: &BasketModel, slot: u32, n: usize, blocked: u64, scratch: &mut BasketScratch) -> Vec<Answer> {
    let blocked = id_of(model, blocked);
    let mut out = Vec::new();
    model.predict(CustomerSlot(slot), n, |item| item != blocked, scratch, &mut out);
    let key = |item| model.item_key(item).unwrap().0;
    let answers: Vec<Answer> =
        out.iter().map(|scored| (key(scored.item), scored.score.to_bits(), scored.because.map(|item| item.map(key)))).collect();
    let mut plain = Vec::new();
    model.predict_without_reasons(CustomerSlot(slot), n, |item| item != blocked, scratch, &mut plain);
    let same = plain.iter().map(|scored| (key(scored.item), scored.score.to_bits()));
    assert!(same.eq(answers.iter().map(|answer| (answer.0, answer.1))));
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn equals_a_model_that_never_knew(
        (first, later) in (parameters(), parameters()),
        steps in steps(),
        questions in prop::collection::vec((0_u32..9, 0_usize..12, 0..=UNKNOWN), 10),
        salt in any::<u64>(),
    ) {
        let mut model = empty_model(first, 0..ITEMS);
        let mut remaining: BTreeMap<(u32, u64), (u32, Vec<u64>)> = BTreeMap::new();
        for step in &steps {
            match step {
                Step::Learn { customer, basket, time, items } => {
                    let learned = learn(&mut model, *customer, *customer, *basket, *time, items);
                    if items.iter().any(|&item| item != UNKNOWN) {
                        let before = remaining.insert((*customer, *basket), (*time, items.clone()));
                        prop_assert_eq!(before.is_none(), learned == Learned::New);
                    } else {
                        prop_assert_eq!(learned, Learned::Nothing);
                        remaining.remove(&(*customer, *basket));
                    }
                }
                Step::Forget { customer } => {
                    let count = remaining.keys().filter(|(other, _)| other == customer).count();
                    prop_assert_eq!(model.forget(CustomerSlot(*customer)), count);
                    remaining.retain(|(other, _), _| other != customer);
                }
                Step::ForgetBasket { customer, basket } => {
                    let known = remaining.remove(&(*customer, *basket)).is_some();
                    prop_assert_eq!(model.forget_basket(CustomerSlot(*customer), SessionKey(scattered(*basket))), known);
                }
            }
        }
        model.set_parameters(later).unwrap();

        // Fresh: items in another order, customers with other numbers, baskets in another order.
        let mut fresh = empty_model(later, (0..ITEMS).rev());
        let mut order: Vec<_> = remaining.iter().collect();
        order.sort_by_key(|((customer, basket), _)| scattered(u64::from(*customer) * 100 + basket) ^ salt);
        for ((customer, basket), (time, items)) in order {
            learn(&mut fresh, 20 - customer, *customer, *basket, *time, items);
        }
        prop_assert_eq!(model.len(), remaining.len());
        prop_assert_eq!(model.customer_count(), fresh.customer_count());
        prop_assert_eq!(model.digest(), fresh.digest());
        let mut scratch = BasketScratch::new();
        for (customer, n, blocked) in questions {
            let got = answers(&model, customer, n, blocked, &mut scratch);
            prop_assert_eq!(&got, &answers(&fresh, 20 - customer, n, blocked, &mut scratch));
            let bought = remaining.values().flat_map(|(_, items)| items).filter(|&&item| item != UNKNOWN && item != blocked);
            let distinct = bought.collect::<std::collections::BTreeSet<_>>().len();
            prop_assert_eq!(got.len(), n.min(distinct), "nobody gets a short list");
        }
    }
}

#[test]
fn whose_baskets_speak() {
    let parameters = BasketParameters { popularity: 0.01, neighbours: 0.5, size_damping: 0, ..BasketParameters::default() };
    let mut model = empty_model(parameters, 0..ITEMS);
    // The first buys 1 and 2; the second the same and 3; the others 9.
    for basket in 0..3 {
        learn(&mut model, 0, 0, basket, 10, &[1, 2]);
        learn(&mut model, 1, 1, 10 + basket, 10, &[1, 2, 3]);
    }
    for customer in 2..12 {
        learn(&mut model, customer, customer, 100 + u64::from(customer), 10, &[9]);
    }
    let (mut scratch, mut out) = (BasketScratch::new(), Vec::new());
    model.predict(CustomerSlot(0), 4, |_| true, &mut scratch, &mut out);
    let number = |item: ItemId| (0..ITEMS).find(|&number| id_of(&model, number) == item).unwrap();
    let items: Vec<u64> = out.iter().map(|scored| number(scored.item)).collect();
    assert_eq!((items[2], items[3]), (3, 9));
    let third = out[2];
    assert!(third.shares.own == 0.0 && third.shares.neighbours > 0.0);
    let mut because: Vec<u64> = third.because.iter().flatten().map(|&item| number(item)).collect();
    because.sort_unstable();
    assert_eq!(because, [1, 2]);
    assert_eq!(out[0].because[0], Some(out[0].item));
    assert_eq!(out[3].because, [None; 3], "popular items have no reasons of the customer's own");

    model.predict(CustomerSlot(99), 2, |_| true, &mut scratch, &mut out);
    assert_eq!(out.iter().map(|scored| number(scored.item)).collect::<Vec<_>>()[..1], [9], "an unknown customer gets what is popular");
    model.predict(CustomerSlot(0), 0, |_| true, &mut scratch, &mut out);
    assert!(out.is_empty());
}
