//! Any history of learning, growing and forgetting, under any valid parameters: the index equals one that learned only what
//! remains, by digest and by its answers.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use regie_recommend::{Algorithm, CustomerSlot, ItemId, ItemKey, Model, Parameters, Scratch, Session, SessionKey, VisitDecay};

const ITEMS: u32 = 40;

#[derive(Arbitrary, Debug)]
enum Step {
    Learn {
        customer: u8,
        visit: u8,
        start: u32,
        items: Vec<u8>,
    },
    /// A session of very many clicks.
    Long {
        customer: u8,
        visit: u8,
        start: u32,
        clicks: u16,
        stride: u8,
    },
    Append {
        customer: u8,
        visit: u8,
        start: u32,
        item: u8,
    },
    Forget {
        customer: u8,
    },
    ForgetAtMost {
        customer: u8,
        limit: u8,
    },
    ForgetSession {
        customer: u8,
        visit: u8,
    },
    Ask {
        visit: Vec<u8>,
        n: u8,
    },
}

#[derive(Arbitrary, Debug)]
struct Wanted {
    vmis: bool,
    counts: [u16; 4],
    factors: [f64; 8],
    linear: bool,
    repeat_current: bool,
    alike: u8,
    visit_idf: u8,
    snh_half_life: u32,
}

impl Wanted {
    fn parameters(&self) -> Parameters {
        let [m, k, max_items, max_session_items] = self.counts.map(usize::from);
        let [factor, ipw, inh_after, inh_before, before, next, again, damping] = self.factors;
        Parameters {
            algorithm: if self.vmis { Algorithm::Vmis } else { Algorithm::Vstan },
            m,
            k,
            max_items,
            max_session_items,
            decay: if self.linear { VisitDecay::Linear } else { VisitDecay::Exponential { factor } },
            repeat_current: self.repeat_current,
            ipw,
            inh_after,
            inh_before,
            before,
            next,
            again,
            alike: self.alike,
            visit_idf: self.visit_idf,
            damping,
            snh_half_life: self.snh_half_life,
        }
    }
}

/// Numbers past the known ones stay unknown.
fn ids(items: &[u8]) -> Vec<ItemId> {
    items.iter().map(|&item| ItemId(u32::from(item) % (ITEMS + 4))).collect()
}

fn key(customer: u8, visit: u8) -> SessionKey {
    SessionKey(u64::from(customer) << 8 | u64::from(visit))
}

fn known(parameters: Parameters) -> Option<Model> {
    let mut model = Model::new(parameters).ok()?;
    (0..ITEMS).for_each(|item| assert_eq!(model.intern(ItemKey(u64::from(item) * 77)), ItemId(item)));
    Some(model)
}

fn answers(model: &Model, visit: &[u8], n: u8, scratch: &mut Scratch) -> Vec<(ItemId, u32, ItemId)> {
    let mut out = Vec::new();
    model.predict(&ids(visit), usize::from(n), |_| true, scratch, &mut out);
    assert!(out.iter().all(|scored| scored.score >= 0.0));
    out.iter().map(|scored| (scored.item, scored.score.to_bits(), scored.because)).collect()
}

fuzz_target!(|input: (Option<Wanted>, Vec<Step>)| {
    let (wanted, steps) = input;
    let parameters = wanted.map_or(Parameters::default(), |wanted| wanted.parameters());
    let Some(mut model) = known(parameters) else { return };
    let mut remaining: BTreeMap<(u8, u8), (u32, Vec<ItemId>)> = BTreeMap::new();
    let (mut scratch, mut visits) = (Scratch::new(), Vec::new());
    for step in steps {
        match step {
            Step::Learn { customer, visit, start, items } => {
                let items = ids(&items);
                model.learn(Session { customer: CustomerSlot(customer.into()), key: key(customer, visit), start, items: &items });
                remaining.insert((customer, visit), (start, items));
            }
            Step::Long { customer, visit, start, clicks, stride } => {
                let items: Vec<ItemId> = (0..u32::from(clicks)).map(|at| ItemId(at * u32::from(stride) % (ITEMS + 4))).collect();
                model.learn(Session { customer: CustomerSlot(customer.into()), key: key(customer, visit), start, items: &items });
                remaining.insert((customer, visit), (start, items));
            }
            Step::Append { customer, visit, start, item } => {
                let item = ids(&[item])[0];
                model.append(CustomerSlot(customer.into()), key(customer, visit), start, item);
                let session = remaining.entry((customer, visit)).or_default();
                session.0 = start;
                session.1.push(item);
            }
            Step::Forget { customer } => {
                model.forget(CustomerSlot(customer.into()));
                remaining.retain(|(other, _), _| *other != customer);
            }
            Step::ForgetAtMost { customer, limit } => {
                while model.forget_at_most(CustomerSlot(customer.into()), usize::from(limit) + 1) > 0 {}
                remaining.retain(|(other, _), _| *other != customer);
            }
            Step::ForgetSession { customer, visit } => {
                model.forget_session(CustomerSlot(customer.into()), key(customer, visit));
                remaining.remove(&(customer, visit));
            }
            Step::Ask { visit, n } => {
                answers(&model, &visit, n, &mut scratch);
                visits.push((visit, n));
            }
        }
    }
    let Some(mut fresh) = known(parameters) else { return };
    for ((customer, visit), (start, items)) in remaining.iter().rev() {
        fresh.learn(Session { customer: CustomerSlot((*customer).into()), key: key(*customer, *visit), start: *start, items });
    }
    assert_eq!(model.len(), fresh.len());
    assert_eq!(model.digest(), fresh.digest());
    for (visit, n) in visits {
        assert_eq!(answers(&model, &visit, n, &mut scratch), answers(&fresh, &visit, n, &mut Scratch::new()));
    }
});
