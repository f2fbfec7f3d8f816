//! Regie's decision beside `cedar-policy`'s, in one run: the same customers, the same questions, the same answers.
//!
//! `cargo run --release [-- CUSTOMERS]` in this folder; 1,000,000 by default, which takes some GB for the other engine. First over
//! 1,000 customers, whose data stay in the cache, then at random over all. Each side is given what it needs ready-made: Regie the
//! customer's index, the other engine its requests. A question on which the two disagree ends the run. A workspace of its own, so that
//! its dependencies are no part of any build of Regie.

#[path = "../../../crates/regie/src/bench/crowd.rs"]
mod crowd;

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::hint::black_box;
use std::str::FromStr;
use std::time::{Duration, Instant};

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression};
use regie_domain::consent::{Consents, Use};
use regie_domain::fact::{Chosen, Until};
use regie_domain::policy::Policy;
use regie_domain::time::Time;

use crowd::{CATEGORIES, Die, NOW, PURPOSES, below};

/// How many customers stay in the cache.
const FEW: u32 = 1000;
/// Questions that are timed, of each side.
const QUESTIONS: usize = 200_000;
/// For ever, as the other engine counts it.
const EVER: i64 = i64::MAX;

fn main() -> Result<(), Box<dyn Error>> {
    let customers: u32 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000).max(FEW);
    let policy = Policy::parse(include_str!("../../../policy/retail.toml"))?;
    for (name, customers, target) in [("in_cache", FEW, 100.0), ("at_random", customers, 8.0)] {
        let consents = crowd::consents(&policy, customers);
        let entities = entities(&policy, customers)?;
        compare(name, &policy, &consents, &entities, customers, target)?;
    }
    Ok(())
}

/// The purpose, the category and the customer of each question.
fn questions(customers: u32) -> Vec<(u32, usize)> {
    let mut die = Die(11);
    let kinds = (PURPOSES.len() * CATEGORIES.len()) as u32;
    (0..QUESTIONS)
        .map(|_| {
            let bits = die.roll();
            (below(bits, customers), below(bits << 32, kinds) as usize)
        })
        .collect()
}

fn compare(
    name: &str,
    policy: &Policy,
    consents: &Consents,
    entities: &Entities,
    customers: u32,
    target: f64,
) -> Result<(), Box<dyn Error>> {
    let asked = questions(customers);
    let uses: Vec<Use> = crowd::uses(policy);
    let now = Time::from_seconds(NOW);
    let rules = rules()?;
    let authorizer = Authorizer::new();
    let requests = asked.iter().map(|&(customer, kind)| request(customer, kind)).collect::<Result<Vec<_>, _>>()?;

    // The clock's own time, taken off both.
    let clock = median(asked.iter().map(|_| timed(|| ()).1));
    let (mut allowed, mut theirs) = (0u32, Vec::with_capacity(asked.len()));
    let mut ours = Vec::with_capacity(asked.len());
    for (customer, kind) in &asked {
        let (mine, took) = timed(|| consents.decide(policy, Some(*customer), &uses[*kind], now).is_allow());
        ours.push((mine, took));
    }
    for (request, (mine, _)) in requests.iter().zip(&ours) {
        let (answer, took) = timed(|| authorizer.is_authorized(request, &rules, entities).decision() == Decision::Allow);
        if answer != *mine {
            return Err(format!("the two engines disagree: {mine} here, {answer} there").into());
        }
        allowed += u32::from(answer);
        theirs.push(took);
    }
    let here = median(ours.iter().map(|(_, took)| *took)).saturating_sub(clock);
    let there = median(theirs.into_iter()).saturating_sub(clock);
    let ratio = there.as_secs_f64() / here.as_secs_f64();
    println!(
        r#"{{"bench":"peers","name":"decide_{name}","customers":{customers},"questions":{QUESTIONS},"allowed_share":{:.2},"regie_p50_ns":{},"cedar_p50_ns":{},"times_faster":{ratio:.1},"target":{target},"met":{}}}"#,
        f64::from(allowed) / QUESTIONS as f64,
        here.as_nanos(),
        there.as_nanos(),
        ratio >= target
    );
    Ok(())
}

fn timed<T>(ask: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let answer = black_box(ask());
    (answer, began.elapsed())
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One rule a purpose: given, not ended, and covering category and recipient; an objection forbids.
fn rules() -> Result<PolicySet, Box<dyn Error>> {
    let mut text = String::new();
    for purpose in PURPOSES {
        text += &format!(
            r#"permit(principal, action == Action::"{purpose}", resource) when {{
                principal has "{purpose}" && context.now < principal["{purpose}"].until
                && principal["{purpose}"].categories.contains(resource) && principal["{purpose}"].recipients.contains(context.recipient)
            }};
            "#
        );
    }
    text += "forbid(principal, action, resource) when { principal.objected.contains(action) };";
    Ok(PolicySet::from_str(&text)?)
}

fn uid(kind: &str, id: &str) -> Result<EntityUid, Box<dyn Error>> {
    Ok(EntityUid::from_str(&format!("{kind}::\"{id}\""))?)
}

fn request(customer: u32, kind: usize) -> Result<Request, Box<dyn Error>> {
    let (purpose, category) = (PURPOSES[kind / CATEGORIES.len()], CATEGORIES[kind % CATEGORIES.len()]);
    let context = Context::from_pairs([
        ("now".to_owned(), RestrictedExpression::new_long(NOW)),
        ("recipient".to_owned(), RestrictedExpression::new_entity_uid(uid("Recipient", "retailer")?)),
    ])?;
    let customer = uid("Customer", &customer.to_string())?;
    Ok(Request::new(customer, uid("Action", purpose)?, uid("Category", category)?, context, None)?)
}

/// The same choices as attributes of the customers.
fn entities(policy: &Policy, customers: u32) -> Result<Entities, Box<dyn Error>> {
    let recipient = RestrictedExpression::new_set([RestrictedExpression::new_entity_uid(uid("Recipient", "retailer")?)]);
    let mut all = Vec::with_capacity(customers as usize);
    for customer in 0..customers {
        let mut attributes: HashMap<String, RestrictedExpression> = HashMap::new();
        for choice in crowd::choices(policy, customer) {
            let Chosen::Given { categories, until, .. } = choice.what else { continue };
            let until = match until {
                Until::Moment(at) => at.seconds(),
                _ => EVER,
            };
            let categories = categories
                .iter()
                .map(|id| Ok(RestrictedExpression::new_entity_uid(uid("Category", id)?)))
                .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
            let consent = RestrictedExpression::new_record([
                ("until".to_owned(), RestrictedExpression::new_long(until)),
                ("categories".to_owned(), RestrictedExpression::new_set(categories)),
                ("recipients".to_owned(), recipient.clone()),
            ])?;
            attributes.insert(choice.purpose, consent);
        }
        attributes.insert("objected".to_owned(), RestrictedExpression::new_set([]));
        all.push(Entity::new(uid("Customer", &customer.to_string())?, attributes, HashSet::new())?);
    }
    Ok(Entities::from_entities(all, None)?)
}
