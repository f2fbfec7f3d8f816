//! Any history of buying and forgetting, under any valid parameters: the basket model equals one that learned only what
//! remains, by digest and by its answers.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use regie_recommend::baskets::{Basket, BasketModel, BasketParameters, BasketScratch, CustomerKey};
use regie_recommend::{CustomerSlot, ItemId, ItemKey, SessionKey};

const ITEMS: u32 = 40;

#[derive(Arbitrary, Debug)]
enum Step {
    Learn { customer: u8, basket: u8, time: u32, items: Vec<u8> },
    Forget { customer: u8 },
    ForgetBasket { customer: u8, basket: u8 },
    Ask { customer: u8, n: u8 },
}

#[derive(Arbitrary, Debug)]
struct Wanted {
    counts: [u16; 4],
    factors: [f64; 3],
    half_life: u32,
    size_damping: u8,
}

impl Wanted {
    fn parameters(&self) -> BasketParameters {
        let [group, m, k, query_items] = self.counts.map(usize::from);
        let [group_decay, neighbours, popularity] = self.factors;
        let Self { half_life, size_damping, .. } = *self;
        BasketParameters { group_decay, group, half_life, size_damping, m, k, query_items, neighbours, popularity }
    }
}

fn known(parameters: BasketParameters) -> Option<BasketModel> {
    let mut model = BasketModel::new(parameters).ok()?;
    (0..ITEMS).for_each(|item| assert_eq!(model.intern(ItemKey(u64::from(item) * 77)), ItemId(item)));
    Some(model)
}

fn learn(model: &mut BasketModel, customer: u8, basket: u8, time: u32, items: &[ItemId]) {
    let (key, customer_key) = (SessionKey(u64::from(customer) << 8 | u64::from(basket)), CustomerKey(u64::from(customer) * 1_000_003));
    model.learn(Basket { customer: CustomerSlot(customer.into()), customer_key, key, time, items });
}

fn answers(model: &BasketModel, customer: u8, n: u8, scratch: &mut BasketScratch) -> Vec<(ItemId, u64)> {
    let mut out = Vec::new();
    model.predict_without_reasons(CustomerSlot(customer.into()), usize::from(n), |_| true, scratch, &mut out);
    let plain: Vec<_> = out.iter().map(|scored| (scored.item, scored.score.to_bits())).collect();
    model.predict(CustomerSlot(customer.into()), usize::from(n), |_| true, scratch, &mut out);
    assert_eq!(plain, out.iter().map(|scored| (scored.item, scored.score.to_bits())).collect::<Vec<_>>());
    plain
}

fuzz_target!(|input: (Option<Wanted>, Vec<Step>)| {
    let (wanted, steps) = input;
    let parameters = wanted.map_or(BasketParameters::default(), |wanted| wanted.parameters());
    let Some(mut model) = known(parameters) else { return };
    let mut remaining: BTreeMap<(u8, u8), (u32, Vec<ItemId>)> = BTreeMap::new();
    let (mut scratch, mut asked) = (BasketScratch::new(), Vec::new());
    for step in steps {
        match step {
            Step::Learn { customer, basket, time, items } => {
                let items: Vec<ItemId> = items.iter().map(|&item| ItemId(u32::from(item) % (ITEMS + 4))).collect();
                learn(&mut model, customer, basket, time, &items);
                remaining.insert((customer, basket), (time, items));
            }
            Step::Forget { customer } => {
                model.forget(CustomerSlot(customer.into()));
                remaining.retain(|(other, _), _| *other != customer);
            }
            Step::ForgetBasket { customer, basket } => {
                model.forget_basket(CustomerSlot(customer.into()), SessionKey(u64::from(customer) << 8 | u64::from(basket)));
                remaining.remove(&(customer, basket));
            }
            Step::Ask { customer, n } => {
                answers(&model, customer, n, &mut scratch);
                asked.push((customer, n));
            }
        }
    }
    let Some(mut fresh) = known(parameters) else { return };
    for ((customer, basket), (time, items)) in remaining.iter().rev() {
        learn(&mut fresh, *customer, *basket, *time, items);
    }
    assert_eq!(model.len(), fresh.len());
    assert_eq!(model.digest(), fresh.digest());
    for (customer, n) in asked {
        assert_eq!(answers(&model, customer, n, &mut scratch), answers(&fresh, customer, n, &mut BasketScratch::new()));
    }
});
