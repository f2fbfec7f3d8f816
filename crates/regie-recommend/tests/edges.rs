//! Bad and unusual input: defined answers, no panic.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use regie_recommend::{CustomerSlot, ItemId, ItemKey, Learned, Model, Parameters, Scratch, Session, SessionKey};

const ANN: CustomerSlot = CustomerSlot(0);

/// Twenty thousand items known, whose number is their key.
fn model(parameters: Parameters) -> Model {
    let mut model = Model::new(parameters).unwrap();
    for key in 0..20_000 {
        assert_eq!(model.intern(ItemKey(key)).0 as u64, key);
    }
    model
}

fn learn(model: &mut Model, customer: u32, key: u64, start: u32, items: &[u32]) -> Learned {
    let items: Vec<ItemId> = items.iter().copied().map(ItemId).collect();
    model.learn(Session { customer: CustomerSlot(customer), key: SessionKey(key), start, items: &items })
}

fn ask(model: &Model, visit: &[u32], n: usize) -> Vec<(u32, u32)> {
    let visit: Vec<ItemId> = visit.iter().copied().map(ItemId).collect();
    let mut out = Vec::new();
    model.predict(&visit, n, |_| true, &mut Scratch::new(), &mut out);
    out.iter().map(|scored| (scored.item.0, scored.because.0)).collect()
}

fn items_of(model: &Model, customer: CustomerSlot) -> Vec<u32> {
    model.sessions_of(customer).flat_map(|view| view.items().map(|item| item.0).collect::<Vec<_>>()).collect()
}

/// Name, visit, how many, and the expected items with what spoke for them.
type Question = (&'static str, &'static [u32], usize, &'static [(u32, u32)]);

#[test]
fn questions() {
    let mut model = model(Parameters::vmis());
    assert_eq!(ask(&model, &[1, 2], 5), [], "an empty model");
    learn(&mut model, 0, 1, 10, &[1, 2, 3]);
    learn(&mut model, 1, 2, 20, &[2, 4]);
    learn(&mut model, 2, 3, 30, &[5]);
    let cases: [Question; 9] = [
        ("an empty visit", &[], 5, &[]),
        ("nothing wanted", &[1], 0, &[]),
        ("an item never learned", &[9], 5, &[]),
        ("an item never interned", &[u32::MAX], 5, &[]),
        ("known beside unknown", &[1, u32::MAX], 5, &[(1, 1), (3, 1), (2, 1)]),
        ("a one-item session adds nothing", &[5], 5, &[]),
        ("equally rare: by key", &[2], 5, &[(1, 2), (3, 2), (4, 2)]),
        ("cut at n", &[1], 1, &[(3, 1)]),
        ("repeats in the visit", &[1, 1, 1], 5, &[(3, 1), (2, 1)]),
    ];
    for (name, visit, n, expected) in cases {
        assert_eq!(ask(&model, visit, n), expected, "{name}");
    }
}

#[test]
fn the_current_item_only_on_request() {
    for repeat_current in [false, true] {
        let mut model = model(Parameters { repeat_current, ..Parameters::vmis() });
        learn(&mut model, 0, 1, 10, &[1, 2]);
        learn(&mut model, 1, 2, 10, &[3]);
        assert_eq!(ask(&model, &[1], 5).iter().any(|&(item, _)| item == 1), repeat_current);
        assert!(ask(&model, &[1, 2], 5).iter().any(|&(item, _)| item == 1), "an earlier item may come again");
    }
}

#[test]
fn a_session_of_ten_thousand_clicks_keeps_the_newest() {
    let mut model = model(Parameters { max_session_items: 64, ..Parameters::vmis() });
    let clicks: Vec<u32> = (0..10_000).collect();
    assert_eq!(learn(&mut model, 0, 1, 10, &clicks), Learned::New);
    assert_eq!(items_of(&model, ANN), (9_936..10_000).collect::<Vec<_>>());
    let digest = model.digest();
    model.forget(ANN);
    for &click in &clicks {
        model.append(ANN, SessionKey(1), 10, ItemId(click));
    }
    assert_eq!(model.digest(), digest, "click by click is the same");
    assert_eq!(model.sessions_with(ItemId(0)), 0, "what fell off has no posting");
}

#[test]
fn of_a_visit_of_ten_thousand_clicks_the_newest_count() {
    for parameters in [Parameters::vmis(), Parameters::default()] {
        let mut model = model(parameters);
        learn(&mut model, 0, 1, 10, &[9_990, 9_999, 5]);
        let clicks: Vec<u32> = (0..10_000).collect();
        let newest = &clicks[10_000 - parameters.max_items..];
        assert_eq!(ask(&model, &clicks, 5), ask(&model, newest, 5));
        assert_eq!(ask(&model, &clicks, 5)[0], (5, 9_999));
    }
}

#[test]
fn an_item_seen_once_is_recommended_and_can_be_asked_about() {
    for parameters in [Parameters::vmis(), Parameters::default()] {
        let mut model = model(parameters);
        for key in 0..50 {
            learn(&mut model, 0, key, 10, &[1, 2]);
        }
        learn(&mut model, 1, 50, 20, &[2, 3]);
        assert!(ask(&model, &[2], 5).contains(&(3, 2)));
        assert_eq!(ask(&model, &[3], 1), [(2, 3)]);
        model.forget(CustomerSlot(1));
        assert_eq!((ask(&model, &[3], 5), ask(&model, &[2], 5)), (vec![], vec![(1, 2)]), "and then by nobody");
    }
}

#[test]
fn a_short_list_goes_on_with_what_goes_with_it() {
    let mut model = model(Parameters::default());
    learn(&mut model, 0, 1, 10, &[1, 2]);
    learn(&mut model, 1, 2, 20, &[2, 3]);
    learn(&mut model, 2, 3, 30, &[3, 4]);
    assert_eq!(ask(&model, &[1], 5), [(2, 1), (3, 1)], "one step further, not two; never the current item");
    assert_eq!(ask(&model, &[1], 1), [(2, 1)]);
    let (mut scratch, mut out) = (Scratch::new(), Vec::new());
    model.predict(&[ItemId(1)], 5, |item| item != ItemId(3), &mut scratch, &mut out);
    assert_eq!((out.len(), scratch.reasons().len()), (1, 1), "what may not be shown does not come this way either");
    model.predict(&[ItemId(1)], 5, |_| true, &mut scratch, &mut out);
    assert!(out[1].score > 0.0 && out[1].score < out[0].score);
    assert_eq!(scratch.reasons()[1].iter().collect::<Vec<_>>(), [(ItemId(1), 1.0)]);
    model.predict_without_reasons(&[ItemId(1)], 5, |_| true, &mut scratch, &mut out);
    assert_eq!((out.len(), scratch.reasons().len()), (2, 0));
}

#[test]
fn repeats_count_once_at_their_last() {
    let mut model = model(Parameters::vmis());
    learn(&mut model, 0, 1, 10, &[1, 2, 1, 3, 3]);
    assert_eq!(items_of(&model, ANN), [2, 1, 3]);
    assert_eq!(model.sessions_with(ItemId(1)), 1);
}

#[test]
fn the_same_session_twice() {
    let mut model = model(Parameters::vmis());
    assert_eq!(learn(&mut model, 0, 1, 10, &[1, 2]), Learned::New);
    let digest = model.digest();
    assert_eq!(learn(&mut model, 0, 1, 10, &[1, 2]), Learned::Unchanged);
    assert_eq!(model.append(ANN, SessionKey(1), 10, ItemId(2)), Learned::Unchanged);
    assert_eq!(model.digest(), digest);
    assert_eq!(learn(&mut model, 0, 1, 10, &[2, 1]), Learned::Replaced, "another order is another session");
    assert_ne!(model.digest(), digest);
    assert_eq!(learn(&mut model, 0, 1, 9, &[1, 2]), Learned::Replaced, "an earlier first event moves it");
    assert_eq!(learn(&mut model, 0, 1, 10, &[1, 2]), Learned::Replaced);
    assert_eq!((model.digest(), model.len()), (digest, 1));
}

#[test]
fn nothing_known_is_nothing_learned() {
    let mut model = model(Parameters::vmis());
    assert_eq!(learn(&mut model, 0, 1, 10, &[]), Learned::Nothing);
    assert_eq!(learn(&mut model, 0, 1, 10, &[u32::MAX, 20_000]), Learned::Nothing);
    assert!(model.is_empty());
    learn(&mut model, 0, 1, 10, &[1, u32::MAX]);
    assert_eq!(items_of(&model, ANN), [1]);
    assert_eq!(learn(&mut model, 0, 1, 10, &[]), Learned::Nothing, "a session emptied by its customer goes");
    assert!(model.is_empty());
    assert_eq!(model.forget(ANN), 0);
    assert!(!model.forget_session(CustomerSlot(4_000_000), SessionKey(1)));
}

#[test]
fn recency_is_the_first_event_whatever_the_order_of_arrival() {
    let parameters = Parameters { m: 1, ..Parameters::vmis() };
    let sessions: [(u32, u64, u32, &[u32]); 4] = [(0, 1, 10, &[1, 2]), (1, 2, 30, &[1, 3]), (2, 3, 20, &[1, 4]), (3, 4, 25, &[5])];
    for turn in 0..4 {
        let mut model = model(parameters);
        for at in 0..4 {
            let (customer, key, start, items) = sessions[(turn + at) % 4];
            learn(&mut model, customer, key, start, items);
        }
        assert_eq!(ask(&model, &[1], 5), [(3, 1)]);
        // Growing does not make a session newer.
        model.append(CustomerSlot(0), SessionKey(1), 10, ItemId(6));
        assert_eq!(ask(&model, &[1], 5), [(3, 1)]);
        model.forget(CustomerSlot(1));
        assert_eq!(ask(&model, &[1], 5), [(4, 1)]);
    }
}

#[test]
fn a_reused_number_tells_nothing_of_its_last_owner() {
    let mut model = model(Parameters::vmis());
    for key in 0..100 {
        learn(&mut model, 0, key, 10, &[1, 2, 3]);
    }
    assert_eq!(model.forget(ANN), 100);
    assert_eq!(model.sessions_of(ANN).count(), 0);
    learn(&mut model, 0, 5, 10, &[7]);
    assert_eq!(items_of(&model, ANN), [7]);
    assert_eq!(ask(&model, &[1], 5), []);
}

#[test]
fn building_on_a_filled_model_is_learning() {
    let mut one = model(Parameters::vmis());
    let mut other = one.clone();
    learn(&mut one, 0, 1, 10, &[1, 2]);
    learn(&mut one, 0, 2, 11, &[2, 3]);
    learn(&mut other, 0, 1, 10, &[9]);
    let (first, second) = ([ItemId(1), ItemId(2)], [ItemId(2), ItemId(3)]);
    let session = |key, start, items| Session { customer: ANN, key: SessionKey(key), start, items };
    other.build([session(1, 10, first.as_slice()), session(2, 11, &second)].into_iter());
    assert_eq!(one.digest(), other.digest());
}

#[test]
fn parameters_may_change_but_not_what_was_cut() {
    let mut model = model(Parameters::vmis());
    learn(&mut model, 0, 1, 10, &[1, 2]);
    let digest = model.digest();
    let fixed = Parameters { max_session_items: 2, ..Parameters::vmis() };
    assert_eq!(model.set_parameters(fixed).map_err(|e| e.code()), Err("max_session_items_fixed"));
    let bad = Parameters { k: 0, ..Parameters::vmis() };
    assert_eq!(model.set_parameters(bad).map_err(|e| e.code()), Err("parameter_out_of_range"));
    assert!(!ask(&model, &[1], 5).contains(&(1, 1)));
    model.set_parameters(Parameters { repeat_current: true, ..Parameters::vmis() }).unwrap();
    assert!(ask(&model, &[1], 5).contains(&(1, 1)));
    assert_eq!(model.digest(), digest);

    let mut empty = model.without_sessions();
    assert_eq!((empty.len(), empty.item_count(), empty.sessions_with(ItemId(1))), (0, 20_000, 0));
    assert_eq!(empty.find(ItemKey(7)), model.find(ItemKey(7)));
    empty.set_parameters(fixed).unwrap();
    learn(&mut empty, 0, 1, 10, &[1, 2]);
    assert_eq!(empty.digest(), digest);
}

#[test]
fn asking_again_takes_no_more_memory() {
    let mut model = model(Parameters::vmis());
    for key in 0..3_000 {
        learn(&mut model, key, u64::from(key), key, &[key % 7, key % 11, key % 501, key % 1_999]);
    }
    let (mut scratch, mut out, mut sizes) = (Scratch::new(), Vec::new(), Vec::new());
    for _ in 0..2 {
        for first in 0..50 {
            let visit: Vec<ItemId> = (first..first + 9).map(ItemId).collect();
            model.predict(&visit, 20, |_| true, &mut scratch, &mut out);
            assert_eq!(out.len(), 20);
        }
        sizes.push(scratch.memory_bytes());
    }
    assert_eq!(sizes[0], sizes[1]);
}

#[test]
fn memory_is_counted() {
    let mut model = model(Parameters::vmis());
    let empty = model.memory_bytes();
    for key in 0..10_000 {
        learn(&mut model, key, u64::from(key), 10, &[1, 2, 3]);
    }
    // Line 64, row 24, head 4, three postings of 8.
    assert!(model.memory_bytes() - empty >= 10_000 * (64 + 24 + 4 + 24));
}
