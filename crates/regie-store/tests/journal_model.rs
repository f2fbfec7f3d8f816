//! Long random histories of the use journal against a plain vector.

use std::collections::BTreeMap;

use proptest::prelude::*;
use regie_store::journal::{Dictionary, Journal, Outcome, Use};

const KEY: [u8; 32] = [3; 32];
const START: u32 = 1_780_002_000;

#[derive(Debug, Clone)]
enum Step {
    Record {
        record: u64,
        later_seconds: u32,
        purpose: u8,
        denied: bool,
    },
    Flush,
    Restart,
    Erase(Vec<u64>),
    /// Counts, stores the counts and zeroes.
    Fold {
        records: Option<Vec<u64>>,
        ago_seconds: u32,
    },
    /// Ends before the counts are stored.
    FoldLost,
    /// Ends after the counts are stored, before the slots are zeroed.
    FoldCrash {
        records: Option<Vec<u64>>,
    },
    Rename,
}

fn step() -> impl Strategy<Value = Step> {
    let records = || prop::collection::vec(0u64..5, 0..3);
    prop_oneof![
        20 => (0u64..5, 0u32..1500, 0u8..3, any::<bool>())
            .prop_map(|(record, later_seconds, purpose, denied)| Step::Record { record, later_seconds, purpose, denied }),
        2 => Just(Step::Flush),
        2 => Just(Step::Restart),
        2 => records().prop_map(Step::Erase),
        3 => (prop::option::of(records()), 0u32..8000).prop_map(|(records, ago_seconds)| Step::Fold { records, ago_seconds }),
        1 => Just(Step::FoldLost),
        1 => prop::option::of(records()).prop_map(|records| Step::FoldCrash { records }),
        1 => Just(Step::Rename),
    ]
}

/// Record, day, purpose's name, allowed; how many.
type Counts = BTreeMap<(u64, u32, String, bool), u64>;

struct Model {
    /// Record, second, purpose's name, allowed.
    uses: Vec<(u64, u32, String, bool)>,
    stored: Counts,
    now: u32,
    version: u32,
}

impl Model {
    fn dictionary(&self) -> Dictionary {
        let purposes = (0..3).map(|number| format!("{}", (number + self.version) % 4)).collect();
        Dictionary { purposes, policy_version: self.version.to_string(), ..Dictionary::default() }
    }

    /// Takes out what a fold counts, and returns it counted.
    fn fold(&mut self, records: Option<&Vec<u64>>, before: u32) -> Counts {
        let mut counts = Counts::new();
        self.uses.retain(|(record, at, purpose, allowed)| {
            let folded = *at < before && records.is_none_or(|records| records.contains(record));
            if folded {
                *counts.entry((*record, at / 86_400, purpose.clone(), *allowed)).or_default() += 1;
            }
            !folded
        });
        counts
    }
}

fn counted(folded: &regie_store::journal::Folded) -> Counts {
    let counts = folded.counts().iter().map(|count| {
        let allowed = count.outcome == Outcome::Allowed;
        ((count.first_position, count.day, count.purpose.to_string(), allowed), count.count)
    });
    counts.collect()
}

fn add(to: &mut Counts, counts: Counts) {
    for (key, count) in counts {
        *to.entry(key).or_default() += count;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_history_reads_like_a_vector(steps in prop::collection::vec(step(), 1..80)) {
        let directory = tempfile::tempdir().unwrap();
        let mut model = Model { uses: Vec::new(), stored: Counts::new(), now: START, version: 0 };
        let mut stored = Counts::new();
        let mut journal = Journal::open(directory.path(), KEY, model.dictionary()).unwrap();
        for step in steps {
            match step {
                Step::Record { record, later_seconds, purpose, denied } => {
                    model.now += later_seconds;
                    let outcome = if denied { Outcome::Denied } else { Outcome::Allowed };
                    let name = model.dictionary().purposes[usize::from(purpose)].clone();
                    model.uses.push((record, model.now, name, !denied));
                    journal.record(Use { first_position: record, at_seconds: model.now, purpose, category: 0, recipient: 0, channel: None, outcome });
                }
                Step::Flush => journal.flush().unwrap(),
                Step::Restart => {
                    drop(journal);
                    journal = Journal::open(directory.path(), KEY, model.dictionary()).unwrap();
                }
                Step::Erase(records) => {
                    let before = model.uses.len();
                    model.uses.retain(|used| !records.contains(&used.0));
                    prop_assert_eq!(journal.erase(&records).unwrap(), (before - model.uses.len()) as u64);
                }
                Step::Fold { records, ago_seconds } => {
                    let before = model.now - ago_seconds;
                    let folded = journal.fold(records.as_deref(), before, |at| at / 86_400).unwrap();
                    add(&mut stored, counted(&folded));
                    folded.commit().unwrap();
                    let counts = model.fold(records.as_ref(), before);
                    add(&mut model.stored, counts);
                }
                Step::FoldLost => {
                    drop(journal.fold(None, u32::MAX, |at| at / 86_400).unwrap());
                    drop(journal);
                    journal = Journal::open(directory.path(), KEY, model.dictionary()).unwrap();
                }
                Step::FoldCrash { records } => {
                    let folded = journal.fold(records.as_deref(), u32::MAX, |at| at / 86_400).unwrap();
                    add(&mut stored, counted(&folded));
                    let id = folded.id().to_vec();
                    drop(folded);
                    drop(journal);
                    journal = Journal::open(directory.path(), KEY, model.dictionary()).unwrap();
                    journal.finish_fold(&id).unwrap();
                    let counts = model.fold(records.as_ref(), u32::MAX);
                    add(&mut model.stored, counts);
                }
                Step::Rename => {
                    model.version += 1;
                    drop(journal);
                    journal = Journal::open(directory.path(), KEY, model.dictionary()).unwrap();
                }
            }
            prop_assert_eq!(&stored, &model.stored);
            for record in 0..5 {
                let uses = journal.uses_of(&[record]).unwrap();
                let mut uses: Vec<_> = uses.iter().map(|used| (used.first_position, used.at_seconds, used.purpose.to_string(), used.outcome == Outcome::Allowed)).collect();
                let mut expected: Vec<_> = model.uses.iter().filter(|used| used.0 == record).cloned().collect();
                uses.sort();
                expected.sort();
                prop_assert_eq!(uses, expected);
            }
        }
    }
}
