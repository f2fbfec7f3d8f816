//! What may be kept of an event, and what stays of it later.

use proptest::prelude::*;
use regie_domain::collection::{Kept, Stamp, Stripped, keep, keep_attributes, legal_remainder, strip, visit_id};
use regie_domain::fact::{Event, VisitId};
use regie_domain::ids::{EventId, Handle};

use super::{body, parse, received, track};

fn event(body: regie_domain::collection::EventBody) -> Event {
    body.into_event(Stamp {
        id: EventId(1),
        source: "shop".into(),
        visit: VisitId(1),
        happened_at: received(),
        recorded_at: received(),
        time_doubted: false,
        not_for: vec!["recommendations".into()],
        message: 9,
    })
}

fn order() -> Event {
    let properties = r#"{"order_id":"o","total":5,"tax":1,"coupon":"c","store":"7","products":[{"sku":"a","price":5}]}"#;
    event(body(track("Order Completed", properties).unwrap()))
}

fn samples() -> Vec<Event> {
    let page = parse(r#"{"type":"page","userId":"1","name":"Home"}"#).unwrap();
    vec![
        order(),
        event(body(page)),
        event(body(track("Product Viewed", r#"{"sku":"a"}"#).unwrap())),
        event(body(track("Products Searched", r#"{"query":"q"}"#).unwrap())),
    ]
}

#[test]
fn an_order_is_kept_with_what_its_purposes_carry() {
    assert_eq!(keep(order(), |_| true), Kept::Kept { event: order(), parts_left_out: 0 });
    let without_store = Event { store: None, ..order() };
    assert_eq!(keep(order(), |category| category == "purchases"), Kept::Kept { event: without_store.clone(), parts_left_out: 1 });
    assert_eq!(strip(&order(), |category| category == "purchases"), Stripped::Changed(without_store));
    // Where it was bought says nothing without what was.
    assert_eq!(keep(order(), |category| category == "coarse-location"), Kept::Nothing { category: "purchases" });
    assert_eq!(strip(&order(), |category| category == "coarse-location"), Stripped::Gone);
}

#[test]
fn looking_around_is_kept_whole_or_not_at_all() {
    for event in samples().into_iter().skip(1) {
        assert_eq!(keep(event.clone(), |category| category == "browsing"), Kept::Kept { event: event.clone(), parts_left_out: 0 });
        assert_eq!(keep(event.clone(), |category| category != "browsing"), Kept::Nothing { category: "browsing" });
        assert_eq!(strip(&event, |category| category == "browsing"), Stripped::Unchanged);
        assert_eq!(strip(&event, |_| false), Stripped::Gone);
    }
}

#[test]
fn a_part_that_the_plan_does_not_know_is_never_kept() {
    let mut viewed = samples().remove(2);
    viewed.store = Some("7".into());
    let Stripped::Changed(left) = strip(&viewed, |_| true) else { panic!("the store stays") };
    assert_eq!(left, samples().remove(2));
}

#[test]
fn attributes_are_kept_by_category_and_name() {
    let values = vec![("email".to_owned(), "a@example.org".to_owned()), ("shoe_size".to_owned(), "42".to_owned())];
    assert_eq!(keep_attributes(values.clone(), |category| category == "contact"), (values[..1].to_vec(), 1));
    assert_eq!(keep_attributes(values, |_| false), (vec![], 2));
}

#[test]
fn tax_law_needs_amounts_and_lines_only() {
    let (kept, lines) = legal_remainder(&order()).unwrap();
    assert_eq!((kept.id.as_str(), kept.total_cents, kept.tax_cents, kept.coupon), ("o", Some(500), Some(100), None));
    assert_eq!(lines, order().lines);
    assert!(samples().iter().skip(1).all(|event| legal_remainder(event).is_none()));
}

proptest! {
    /// Whatever the verdict: arriving and being stripped later agree, stripping twice changes nothing more, and more
    /// permission never keeps less.
    #[test]
    fn keeping_and_stripping_agree(which in 0usize..4, allowed in prop::array::uniform3(any::<bool>()), more in prop::array::uniform3(any::<bool>())) {
        let categories = ["purchases", "browsing", "coarse-location"];
        let verdict = |allowed: [bool; 3]| move |category: &str| {
            categories.iter().position(|c| *c == category).is_some_and(|i| allowed[i])
        };
        let sample = samples().remove(which);
        let kept = match keep(sample.clone(), verdict(allowed)) {
            Kept::Kept { event, .. } => Some(event),
            Kept::Nothing { .. } => None,
        };
        let stripped = match strip(&sample, verdict(allowed)) {
            Stripped::Unchanged => Some(sample.clone()),
            Stripped::Changed(event) => Some(event),
            Stripped::Gone => None,
        };
        prop_assert_eq!(&kept, &stripped);
        if let Some(kept) = &kept {
            prop_assert_eq!(strip(kept, verdict(allowed)), Stripped::Unchanged);
            let wider: [bool; 3] = std::array::from_fn(|i| allowed[i] || more[i]);
            let Kept::Kept { event: wide, .. } = keep(sample, verdict(wider)) else { panic!("more permission kept less") };
            prop_assert!(kept.store.is_none() || wide.store.is_some());
        }
    }
}

#[test]
fn a_visit_is_its_record_source_and_session() {
    let visit = visit_id(Handle(7), "shop", "s-1");
    assert_eq!(visit, visit_id(Handle(7), "shop", "s-1"));
    for other in [visit_id(Handle(8), "shop", "s-1"), visit_id(Handle(7), "sho", "ps-1"), visit_id(Handle(7), "shop", "s-2")] {
        assert_ne!(visit, other);
    }
}
