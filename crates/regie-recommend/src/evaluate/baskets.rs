//! Basket files, and their evaluation.
//!
//! Two forms. The JSON of the `TaFeng` set: `{"customer": [[-1], [items], …, [-1]]}`, baskets in order of time, the `[-1]` being markers that
//! are skipped, with a second such file for the future. CSV: a header `customer,basket,time,item`, one line per item, in any
//! order; its future is a file of the same form.
//!
//! Invariant: a customer's baskets come in order of (time, basket), none empty. Left out: opening files.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::metrics::next_basket;
use super::report::{Percentiles, Train, percentiles};
use super::{EVENTS_MAX, Problem, ReadError, content, key_of, time_of};
use crate::baskets::{Basket, BasketModel, BasketParameters, BasketScratch, CustomerKey, InvalidBasketParameters};
use crate::{CustomerSlot, ItemKey, SessionKey};

/// One customer of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub key: u64,
    pub baskets: Vec<Bought>,
}

/// One basket of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bought {
    pub key: u64,
    /// Unix seconds; in the JSON form a day for each basket.
    pub time: u32,
    /// Keys of the items.
    pub items: Vec<u64>,
}

const HEADER: &str = "customer,basket,time,item";
const DAY: u32 = 86_400;

/// A JSON file, customers in order of key.
///
/// # Errors
/// Where and why it is not of that form, by the line.
pub fn read_json(bytes: &[u8]) -> Result<Vec<History>, ReadError> {
    let customers: Customers =
        serde_json::from_slice(bytes).map_err(|e| ReadError::at(e.line(), Problem::Json { detail: e.to_string() }))?;
    let mut histories = customers.0;
    histories.sort_by_key(|history| history.key);
    Ok(histories)
}

struct Customers(Vec<History>);

impl<'de> de::Deserialize<'de> for Customers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Customers;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of customers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Customers, A::Error> {
                let mut histories = Vec::new();
                while let Some((customer, baskets)) = map.next_entry::<String, Vec<Vec<i64>>>()? {
                    let kept = baskets.into_iter().filter(|basket| !basket.is_empty() && *basket != [-1]);
                    let mut history = History { key: key_of(&customer), baskets: Vec::new() };
                    for (number, items) in (0_u32..).zip(kept) {
                        let wrong = || de::Error::custom("an item is negative; only the markers [-1] may be");
                        let items: Result<Vec<u64>, _> = items.into_iter().map(|item| u64::try_from(item).map_err(|_| wrong())).collect();
                        history.baskets.push(Bought { key: u64::from(number), time: number.saturating_mul(DAY), items: items? });
                    }
                    histories.push(history);
                }
                Ok(Customers(histories))
            }
        }
        deserializer.deserialize_map(Read)
    }
}

/// Takes a CSV file line by line.
#[derive(Clone, Debug, Default)]
pub struct BasketReader {
    line: usize,
    events: usize,
    customers: BTreeMap<u64, BTreeMap<u64, (f64, Vec<u64>)>>,
}

impl BasketReader {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next line, with or without its end; empty lines are skipped. A basket's time is its first line's earliest.
    ///
    /// # Errors
    /// What is wrong with it, with its number.
    pub fn line(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        self.line += 1;
        self.read(bytes).map_err(|problem| ReadError::at(self.line, problem))
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let Some(text) = content(self.line, bytes, HEADER)? else { return Ok(()) };
        let fields: Vec<&str> = text.split(',').map(|field| field.trim().trim_matches('"')).collect();
        let &[customer, basket, time, item] = fields.as_slice() else {
            return Err(Problem::Fields { expected: 4, found: fields.len() });
        };
        for (name, field) in HEADER.split(',').zip([customer, basket, time, item]) {
            if field.is_empty() {
                return Err(Problem::EmptyField { name });
            }
        }
        if self.events >= EVENTS_MAX {
            return Err(Problem::TooManyEvents { limit: EVENTS_MAX });
        }
        self.events += 1;
        let time = time_of(time)?;
        let baskets = self.customers.entry(key_of(customer)).or_default();
        let (earliest, items) = baskets.entry(key_of(basket)).or_insert_with(|| (time, Vec::new()));
        *earliest = earliest.min(time);
        items.push(key_of(item));
        Ok(())
    }

    /// The customers, in order of key.
    ///
    /// # Errors
    /// There was not even a header.
    pub fn finish(self) -> Result<Vec<History>, ReadError> {
        if self.line == 0 {
            return Err(ReadError::at(0, Problem::Empty));
        }
        let history = |(key, baskets): (u64, BTreeMap<u64, (f64, Vec<u64>)>)| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked when read")]
            let bought = |(key, (time, items)): (u64, (f64, Vec<u64>))| Bought { key, time: time as u32, items };
            let mut baskets: Vec<Bought> = baskets.into_iter().map(bought).collect();
            baskets.sort_by_key(|basket| (basket.time, basket.key));
            History { key, baskets }
        };
        Ok(self.customers.into_iter().map(history).collect())
    }
}

/// A whole CSV file.
///
/// # Errors
/// The first line that is wrong.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<History>, ReadError> {
    let mut reader = BasketReader::new();
    if !bytes.is_empty() {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        text.split(|&byte| byte == b'\n').try_for_each(|line| reader.line(line))?;
    }
    reader.finish()
}

/// Holds out the last basket of every customer with at least `baskets` of them, and leaves the others out.
#[must_use]
pub fn hold_out_last(histories: Vec<History>, baskets: usize) -> (Vec<History>, Vec<History>) {
    let (mut past, mut future) = (Vec::new(), Vec::new());
    for mut history in histories {
        if history.baskets.len() >= baskets.max(1)
            && let Some(last) = history.baskets.pop()
        {
            future.push(History { key: history.key, baskets: vec![last] });
            past.push(history);
        }
    }
    (past, future)
}

/// What an evaluation found; serialises to the command line's JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BasketReport {
    pub algorithm: &'static str,
    pub parameters: BasketParameterList,
    /// `sessions` are baskets, `events` their items.
    pub train: Train,
    pub customers: usize,
    pub predictions: usize,
    pub predictions_per_second: f64,
    pub latency_us: Percentiles,
    pub memory_bytes: usize,
    /// `Recall@10`, `NDCG@10`, `PHR@10`, and the same for the other lengths.
    pub metrics: BTreeMap<String, f64>,
}

/// Under the same names as in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BasketParameterList {
    pub group_decay: f64,
    pub group: usize,
    pub half_life: u32,
    pub size_damping: u8,
    pub m: usize,
    pub k: usize,
    pub query_items: usize,
    pub neighbours: f64,
    pub popularity: f64,
}

impl From<&BasketParameters> for BasketParameterList {
    fn from(parameters: &BasketParameters) -> Self {
        let &BasketParameters { group_decay, group, half_life, size_damping, m, k, query_items, neighbours, popularity } = parameters;
        Self { group_decay, group, half_life, size_damping, m, k, query_items, neighbours, popularity }
    }
}

/// Learns all of `history` and asks for the next basket of every customer of `future` (the first one there), with lists of
/// `lengths`. Customers that `history` does not know count too: they get what is popular. `progress` is told how many are done.
///
/// # Errors
/// A parameter out of range.
pub fn evaluate(
    history: &[History],
    future: &[History],
    parameters: BasketParameters,
    lengths: &[usize],
    mut clock: impl FnMut() -> u64,
    mut progress: impl FnMut(usize),
) -> Result<BasketReport, InvalidBasketParameters> {
    let started = clock();
    let mut model = BasketModel::new(parameters)?;
    let mut slots: BTreeMap<u64, CustomerSlot> = BTreeMap::new();
    let mut events = 0;
    for (slot, known) in (0_u32..).zip(history) {
        let customer = CustomerSlot(slot);
        slots.insert(known.key, customer);
        for bought in &known.baskets {
            let items: Vec<_> = bought.items.iter().map(|&item| model.intern(ItemKey(item))).collect();
            events += items.len();
            // Keys in a file are small numbers; the sample of customers wants them spread.
            let customer_key = CustomerKey(known.key.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            model.learn(Basket { customer, customer_key, key: SessionKey(bought.key), time: bought.time, items: &items });
        }
    }
    let build_seconds = clock().saturating_sub(started) as f64 / 1e9;
    let train = Train { sessions: model.len(), events, items: model.item_count(), build_seconds };
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let (mut scratch, mut out, mut nanoseconds) = (BasketScratch::new(), Vec::new(), Vec::new());
    let mut pairs: Vec<(Vec<u64>, &[u64])> = Vec::new();
    for (done, next) in future.iter().enumerate() {
        progress(done);
        let Some(bought) = next.baskets.first() else { continue };
        let customer = slots.get(&next.key).copied().unwrap_or(CustomerSlot(u32::MAX));
        let asked = clock();
        model.predict_without_reasons(customer, longest, |_| true, &mut scratch, &mut out);
        nanoseconds.push(clock().saturating_sub(asked));
        pairs.push((out.iter().filter_map(|scored| model.item_key(scored.item)).map(|key| key.0).collect(), &bought.items));
    }
    let mut metrics = BTreeMap::new();
    for &n in lengths {
        let found = next_basket(pairs.iter().map(|(answer, basket)| (answer.as_slice(), *basket)), n);
        metrics.insert(format!("Recall@{n}"), found.recall);
        metrics.insert(format!("NDCG@{n}"), found.ndcg);
        metrics.insert(format!("PHR@{n}"), found.phr);
    }
    let total: u64 = nanoseconds.iter().sum();
    Ok(BasketReport {
        algorithm: "tifu-knn",
        parameters: model.parameters().into(),
        train,
        customers: model.customer_count(),
        predictions: pairs.len(),
        predictions_per_second: if total == 0 { 0.0 } else { pairs.len() as f64 * 1e9 / total as f64 },
        latency_us: percentiles(nanoseconds),
        memory_bytes: model.memory_bytes() + scratch.memory_bytes(),
        metrics,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_say_the_same() {
        let json = br#"{"7": [[-1], [1, 2], [3], [-1]], "5": [[-1], [4], [-1]]}"#;
        let csv = "customer,basket,time,item\n7,1,86400.5,3\r\n7,0,0,1\n\n5,0,0,4\n7,0,9,2\n";
        let histories = read_json(json).unwrap();
        assert_eq!(histories, read_csv(csv.as_bytes()).unwrap());
        assert_eq!(histories[1].baskets[0], Bought { key: 0, time: 0, items: vec![1, 2] });
        let (past, future) = hold_out_last(histories, 2);
        assert_eq!((past.len(), &future[0].baskets[0].items[..]), (1, &[3][..]));
    }

    #[test]
    fn a_wrong_file_is_named() {
        let cases: [(&str, usize, &str); 7] = [
            ("", 0, "file_empty"),
            ("a,b\n", 1, "header_unknown"),
            ("customer,basket,time,item\n1,2,3\n", 2, "fields_missing"),
            ("customer,basket,time,item\n1,2,3,4\n1,,3,4\n", 3, "field_empty"),
            ("customer,basket,time,item\n1,2,monday,4\n", 2, "time_unreadable"),
            ("customer,basket,time,item\n1,2,1400000000000,4\n", 2, "time_in_milliseconds"),
            ("customer,basket,time,item\n1,2,3,4,5\n", 2, "fields_missing"),
        ];
        for (file, line, code) in cases {
            let error = read_csv(file.as_bytes()).unwrap_err();
            assert_eq!((error.line, error.code()), (line, code), "{file}");
        }
        for file in ["", "[]", "{\"1\": [[1, -2]]}", "{\"1\": 3}", "{\"1\": [[1]]"] {
            assert_eq!(read_json(file.as_bytes()).unwrap_err().code(), "json_unreadable", "{file}");
        }
    }

    proptest! {
        #[test]
        fn no_input_brings_it_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_json(&bytes);
            let _ = read_csv(&bytes);
            let _ = read_csv(&[b"customer,basket,time,item\n", bytes.as_slice()].concat());
        }

        #[test]
        fn what_is_read_can_be_evaluated(
            json in r#"\{"[0-9]":\[(\[(-1|[0-9]{1,2}|null|1e400|-2)(,[0-9]{1,20}){0,2}\],?){0,3}\]\}"#,
            lines in r#"([0-9]{0,2},[a-c],[0-9]{1,10}(\.[0-9]|e[0-9]|inf)?,[a-c]\n){0,6}"#,
        ) {
            for histories in [read_json(json.as_bytes()), read_csv(format!("{HEADER}\n{lines}").as_bytes())].into_iter().flatten() {
                prop_assert!(histories.iter().flat_map(|history| &history.baskets).all(|basket| !basket.items.is_empty()));
                let (past, future) = hold_out_last(histories, 2);
                let asked = future.len();
                let report = evaluate(&past, &future, BasketParameters::default(), &[10], || 0, |_| {}).unwrap();
                prop_assert_eq!(report.predictions, asked);
            }
        }
    }

    #[test]
    fn the_json_of_the_command_line() {
        let history = read_json(br#"{"1": [[1, 2], [1]], "2": [[1, 3]]}"#).unwrap();
        let future = read_json(br#"{"1": [[1]], "2": [[3, 9]], "3": [[1]], "4": [[-1]]}"#).unwrap();
        let report = evaluate(&history, &future, BasketParameters::default(), &[1, 10], || 0, |_| {}).unwrap();
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!((&json["predictions"], &json["customers"], &json["train"]["sessions"]), (&3.into(), &2.into(), &3.into()));
        // All three find something: 1 in first place, 3 of two, and for the unknown customer what is popular.
        assert_eq!((json["metrics"]["PHR@10"].as_f64(), json["metrics"]["Recall@10"].as_f64()), (Some(1.0), Some(2.5 / 3.0)));
        assert_eq!(json["parameters"]["k"], 300);
    }
}
