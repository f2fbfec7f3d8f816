//! The whole year is read: it takes less than a second, and the numbers are the source's own.

use std::collections::{HashMap, HashSet};

use super::*;

#[test]
fn the_year_is_whole() {
    let catalogue = products().unwrap();
    let (mut lines, mut baskets_seen, mut last) = (0_u32, HashSet::new(), 0_i64);
    let (mut households, mut stores, mut sold) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut cents = 0_u64;
    let first = TimeZone::get(TIME_ZONE).unwrap().to_timestamp(DateTime::from(FIRST_DAY)).unwrap().as_second();
    let end = TimeZone::get(TIME_ZONE).unwrap().to_timestamp(DateTime::from(LAST_DAY.tomorrow().unwrap())).unwrap().as_second();
    for basket in baskets().unwrap() {
        let basket = basket.unwrap();
        assert!(baskets_seen.insert(basket.id), "basket {} comes twice", basket.id);
        assert!((first..end).contains(&basket.at_seconds), "basket {} lies outside the year", basket.id);
        assert!(!basket.lines.is_empty());
        // In the one hour that summer time skips, an order by clock is not quite one by moment.
        assert!(basket.at_seconds > last - 3_600, "basket {} comes too late", basket.id);
        last = last.max(basket.at_seconds);
        lines += u32::try_from(basket.lines.len()).unwrap();
        households.insert(basket.household);
        stores.insert(basket.store);
        for line in &basket.lines {
            assert!((line.product as usize) < catalogue.products.len());
            sold.insert(line.product);
            cents += u64::from(line.cents);
        }
        assert_eq!(basket.lines.iter().map(|l| l.product).collect::<HashSet<_>>().len(), basket.lines.len());
    }
    assert_eq!(lines, LINES);
    assert_eq!(baskets_seen.len(), BASKETS as usize);
    assert_eq!(households.len(), HOUSEHOLDS as usize);
    assert_eq!(stores.len(), STORES as usize);
    assert_eq!(sold.len(), catalogue.products.len());
    // The sum of the source's `sales_value`.
    assert_eq!(cents, 459_603_958);
}

#[test]
fn every_product_can_be_shown_or_is_blocked() {
    let catalogue = products().unwrap();
    assert_eq!(catalogue.products.len(), 68_509);
    assert_eq!(catalogue.departments.len(), 32);
    let glyphs: HashSet<_> = catalogue.glyphs.iter().map(|g| g.key.as_str()).collect();
    let mut ids = HashSet::new();
    for product in &catalogue.products {
        assert!(ids.insert(&product.id), "{} comes twice", product.id);
        assert!(!product.name.trim().is_empty(), "{} has no name", product.id);
        assert!(product.name.chars().next().is_some_and(|c| !c.is_lowercase()), "{}", product.name);
        assert!(product.blocked || product.price_cents > 0, "{} has no price", product.id);
        assert!((product.department as usize) < catalogue.departments.len());
        assert!(glyphs.contains(catalogue.shelves[product.shelf as usize].glyph.as_str()));
        assert_eq!(product.sensitive, !product.sensitive_reason.is_empty());
    }
    for department in &catalogue.departments {
        assert!(!department.nl.is_empty() && !department.en.is_empty());
        assert!(glyphs.contains(department.glyph.as_str()), "{} has no drawing", department.id);
    }
    for glyph in &catalogue.glyphs {
        assert!(glyph.colour.len() == 7 && glyph.colour.starts_with('#'));
    }
}

#[test]
fn what_is_delicate_is_flagged() {
    let catalogue = products().unwrap();
    let mut found: HashMap<&str, &str> = HashMap::new();
    for product in &catalogue.products {
        found.entry(product.name.as_str()).or_insert(product.sensitive_reason.as_str());
    }
    for (name, reason) in [
        ("Beer", "alcohol"),
        ("Cigarettes", "tobacco"),
        ("Painkillers, adult", "health"),
        ("Pregnancy test kits", "intimate"),
        ("Tampons", "intimate"),
        ("Infant formula milk base", "baby"),
        ("Nappies", "baby"),
        ("Kosher foods", "belief"),
        ("Ethnic hair care", "origin"),
        ("Fresh milk", ""),
        ("Bananas", ""),
        ("White bread", ""),
        ("Toothpaste", ""),
    ] {
        assert_eq!(found.get(name), Some(&reason), "{name}");
    }
}

#[test]
fn the_year_moves_by_whole_weeks_to_end_yesterday_or_in_the_six_days_before() {
    for offset in -800..4_000 {
        let today = LAST_DAY.checked_add(offset.days()).unwrap();
        let end = LAST_DAY.checked_add(shift_weeks(LAST_DAY, today).weeks()).unwrap();
        assert!(end < today, "seen from {today} the year ends on {end}");
        assert!(end >= today.checked_sub(7.days()).unwrap(), "seen from {today} the year ends on {end}");
        assert_eq!(end.weekday(), LAST_DAY.weekday());
    }
}

#[test]
fn a_moved_basket_keeps_its_time_of_day() {
    let zone = TimeZone::get(TIME_ZONE).unwrap();
    for basket in baskets().unwrap().step_by(97) {
        let basket = basket.unwrap();
        let before = zone.to_datetime(Timestamp::from_second(basket.at_seconds).unwrap());
        for weeks in [-60_i64, 0, 450, 467] {
            let after = zone.to_datetime(Timestamp::from_second(shifted(basket.at_seconds, weeks).unwrap()).unwrap());
            assert_eq!(before.date().checked_add(weeks.weeks()).unwrap(), after.date());
            let skipped = after.time() != before.time();
            assert!(!skipped || before.hour() == 2, "{before} became {after}");
        }
    }
}

#[test]
fn a_broken_file_is_an_error_with_a_code() {
    assert_eq!(File::open("broken", b"PAR1 but no more PAR1").err().map(|e| e.code()), Some("till_file_unreadable"));
    assert_eq!(catalogue::read(TRANSACTIONS).err().map(|e| e.code()), Some("till_column_unusable"));
    let file = File::open("transactions.parquet", TRANSACTIONS).unwrap();
    assert_eq!(file.within::<u16, i32>("store", 70_000).err().map(|e| e.code()), Some("till_value_out_of_range"));
    assert_eq!(file.group(0).unwrap().integers("basket").err().map(|e| e.code()), Some("till_column_unusable"));
}
