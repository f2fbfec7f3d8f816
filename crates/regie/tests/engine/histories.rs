//! Replay ≡ live: whatever happened, an engine started on a copy of the folder knows exactly what the running one knows, and so
//! does one that folds everything anew.

use proptest::prelude::*;
use regie::engine::Carries;
use regie::engine::api::{Give, Question, Tell};
use regie::engine::disclosures::Disclose;
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Actor, Consenter, RestrictedPart, RestrictionGround};
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;
use serde_json::json;

use super::support::*;

pub(crate) const CUSTOMERS: usize = 4;
pub(crate) const ITEMS: usize = 7;
const PURPOSES: [&str; 6] =
    ["recommendations", "model-improvement", "demand-insight", "personalised-advertising", "device-storage", "marketing-email"];

const TOLD: [InformationItem; 3] = [InformationItem::Diet, InformationItem::Sizes, InformationItem::Birthday];
const PARTS: [(Option<&str>, Option<&str>); 4] =
    [(None, None), (Some("recommendations"), None), (None, Some("my-information")), (Some("model-improvement"), Some("purchases"))];

/// One thing that happens. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Order { who: usize, items: Vec<usize>, ago: i64, session: Option<u8>, narrowed: bool },
    Look { who: usize, item: usize, ago: i64, session: Option<u8>, by_device: bool },
    Search { who: usize, ago: i64 },
    Identify { who: usize, device: Option<usize>, address: usize },
    Alias { who: usize, device: usize },
    Give { who: usize, purpose: usize, until: usize, sensitive: bool, narrow: bool },
    Refuse { who: usize, purpose: usize },
    Withdraw { who: usize, purpose: usize },
    WithdrawAll { who: usize },
    Object { who: usize, objects: bool },
    EndVisit { who: usize },
    UseUp { who: usize, request: u8 },
    Recommend { who: usize, request: Option<u8> },
    Join { who: usize, other: usize, along: bool },
    Tell { who: usize, item: usize, until: usize },
    Hide { who: usize, item: usize },
    TellAgain { who: usize, item: usize },
    TakeBack { who: usize, item: usize },
    Consents { who: usize, guardian: bool },
    Restrict { who: usize, part: usize },
    Lift { who: usize, part: usize },
    Disclose { who: usize, told: bool },
    Preview { who: usize },
    Signal { who: usize },
    Erase { who: usize },
    Sensitive { item: usize, sensitive: bool },
    Pass { seconds: i64 },
    Upkeep,
    Restart,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let who = 0..CUSTOMERS;
    let ago = prop_oneof![4 => 0..2 * HOUR, 1 => 0..40 * DAY, 1 => 340 * DAY..800 * DAY];
    let session = prop::option::of(0u8..3);
    prop_oneof![
        8 => (who.clone(), prop::collection::vec(0..ITEMS, 1..4), ago.clone(), session.clone(), prop::bool::weighted(0.1))
            .prop_map(|(who, items, ago, session, narrowed)| Step::Order { who, items, ago, session, narrowed }),
        8 => (who.clone(), 0..ITEMS, ago.clone(), session, any::<bool>())
            .prop_map(|(who, item, ago, session, by_device)| Step::Look { who, item, ago, session, by_device }),
        1 => (who.clone(), ago).prop_map(|(who, ago)| Step::Search { who, ago }),
        2 => (who.clone(), prop::option::of(0..CUSTOMERS), 0..2usize)
            .prop_map(|(who, device, address)| Step::Identify { who, device, address }),
        1 => (who.clone(), 0..CUSTOMERS).prop_map(|(who, device)| Step::Alias { who, device }),
        10 => (who.clone(), 0..PURPOSES.len(), 0..7usize, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(who, purpose, until, sensitive, narrow)| Step::Give { who, purpose, until, sensitive, narrow }),
        1 => (who.clone(), 0..PURPOSES.len()).prop_map(|(who, purpose)| Step::Refuse { who, purpose }),
        3 => (who.clone(), 0..PURPOSES.len()).prop_map(|(who, purpose)| Step::Withdraw { who, purpose }),
        1 => who.clone().prop_map(|who| Step::WithdrawAll { who }),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, objects)| Step::Object { who, objects }),
        1 => who.clone().prop_map(|who| Step::EndVisit { who }),
        1 => (who.clone(), 0u8..3).prop_map(|(who, request)| Step::UseUp { who, request }),
        2 => (who.clone(), prop::option::of(0u8..3)).prop_map(|(who, request)| Step::Recommend { who, request }),
        1 => (who.clone(), 0..CUSTOMERS, any::<bool>()).prop_map(|(who, other, along)| Step::Join { who, other, along }),
        6 => (who.clone(), 0..TOLD.len(), 0..7usize).prop_map(|(who, item, until)| Step::Tell { who, item, until }),
        2 => (who.clone(), 0..TOLD.len()).prop_map(|(who, item)| Step::Hide { who, item }),
        1 => (who.clone(), 0..TOLD.len()).prop_map(|(who, item)| Step::TellAgain { who, item }),
        2 => (who.clone(), 0..TOLD.len()).prop_map(|(who, item)| Step::TakeBack { who, item }),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, guardian)| Step::Consents { who, guardian }),
        2 => (who.clone(), 0..PARTS.len()).prop_map(|(who, part)| Step::Restrict { who, part }),
        2 => (who.clone(), 0..PARTS.len()).prop_map(|(who, part)| Step::Lift { who, part }),
        1 => (who.clone(), any::<bool>()).prop_map(|(who, told)| Step::Disclose { who, told }),
        1 => who.clone().prop_map(|who| Step::Preview { who }),
        1 => who.clone().prop_map(|who| Step::Signal { who }),
        1 => who.prop_map(|who| Step::Erase { who }),
        1 => (0..ITEMS, any::<bool>()).prop_map(|(item, sensitive)| Step::Sensitive { item, sensitive }),
        4 => prop_oneof![1..HOUR, HOUR..2 * DAY, Just(8 * DAY), Just(31 * DAY)].prop_map(|seconds| Step::Pass { seconds }),
        2 => Just(Step::Upkeep),
        1 => Just(Step::Restart),
    ]
}

pub(crate) fn name(who: usize) -> String {
    format!("customer-{who}")
}

fn device_of(who: usize) -> String {
    format!("device-{who}")
}

pub(crate) fn product(item: usize) -> String {
    format!("item-{item}")
}

/// Whoever acts has a record: the customer's own page opens it.
fn acting(world: &World, who: usize) -> Handle {
    world.open(user(&name(who)))
}

fn until(which: usize, world: &World) -> UntilWish {
    match which {
        0 => UntilWish::Visit,
        1 => UntilWish::Once,
        2 => UntilWish::Day,
        3 => UntilWish::Week,
        4 => UntilWish::Month,
        5 => UntilWish::Moment(world.now().plus_seconds(90)),
        _ => UntilWish::Withdrawn,
    }
}

pub(crate) fn take(world: &mut World, step: &Step) {
    let now = world.now();
    match step.clone() {
        Step::Order { who, items, ago, session, narrowed } => {
            let items: Vec<String> = items.into_iter().map(product).collect();
            let items: Vec<&str> = items.iter().map(String::as_str).collect();
            let mut message = order(user_message(&name(who)), "", &items, now.plus_seconds(-ago));
            message.session = session.map(|s| format!("session-{s}"));
            if narrowed {
                message.consent_preferences = vec![("Functional".into(), false), ("Analytics".into(), false)];
            }
            world.send(message);
        }
        Step::Look { who, item, ago, session, by_device } => {
            let (source, from) = if by_device { (WEB, device_message(&device_of(who))) } else { (SHOP, user_message(&name(who))) };
            let mut message = view(from, &product(item), now.plus_seconds(-ago));
            message.session = session.map(|s| format!("session-{s}"));
            world.collect(source, vec![message]);
        }
        Step::Search { who, ago } => world.send(search(user_message(&name(who)), "bread", now.plus_seconds(-ago))),
        Step::Identify { who, device, address } => {
            let address = format!("someone-{address}@example.org");
            world.send(identify(&name(who), device.map(device_of).as_deref(), &address, now));
        }
        Step::Alias { who, device } => world.send(alias(&name(who), &device_of(device), now)),
        Step::Give { who, purpose, until: which, sensitive, narrow } => {
            let purpose = PURPOSES[purpose];
            let categories = match (purpose, sensitive, narrow) {
                ("recommendations", true, _) => Some(vec!["purchases".into(), "browsing".into(), "sensitive-purchases".into()]),
                ("recommendations" | "model-improvement", _, true) => Some(vec!["purchases".into()]),
                _ => None,
            };
            let give = Give { categories, visit: Some("session-0".into()), ..giving(purpose, until(which, world)) };
            // An objection to direct marketing stands: refused, and nothing changes.
            let _ = world.try_give(acting(world, who), give);
        }
        Step::Refuse { who, purpose } => {
            let customer = acting(world, who);
            world.run.block_on(world.engine().refuse(customer, PURPOSES[purpose], Some(evidence()))).unwrap();
        }
        Step::Withdraw { who, purpose } => world.withdraw(acting(world, who), PURPOSES[purpose]),
        Step::WithdrawAll { who } => {
            let customer = acting(world, who);
            world.run.block_on(world.engine().withdraw_all(customer, None)).unwrap();
        }
        Step::Object { who, objects } => {
            let customer = acting(world, who);
            world.run.block_on(world.engine().object(customer, "fraud-prevention", objects, Some(evidence()))).unwrap();
        }
        Step::EndVisit { who } => world.run.block_on(world.engine().end_visit(acting(world, who), "session-0")).unwrap(),
        Step::UseUp { who, request } => {
            let (customer, asked) = (acting(world, who), question("recommendations", "purchases"));
            world.run.block_on(world.engine().use_now(Some(customer), &asked, Some(format!("request-{request}")))).unwrap();
        }
        Step::Recommend { who, request } => {
            let customer = acting(world, who);
            world.recommend(regie::engine::api::Wish { request: request.map(|r| format!("request-{r}")), ..wish(Some(customer)) });
        }
        Step::Join { who, other, along } => {
            let (a, b) = (acting(world, who), acting(world, other));
            if who != other && along {
                let carries = Carries { purposes: PURPOSES.map(String::from).to_vec(), told: TOLD.to_vec() };
                // A device that is somebody's already joins nobody.
                let done = world.run.block_on(world.engine().take_along(a, &user(&name(other)), carries, Some(evidence())));
                assert!(done.is_ok() || done.unwrap_err().code() == "device_taken");
            } else if who != other {
                world.run.block_on(world.engine().join(a, b, Actor::Customer)).unwrap();
            }
        }
        Step::Tell { who, item, until: which } => {
            let value = [json!("vegetarian"), json!({"shoes": "42"}), json!("03-14")];
            let (customer, until) = (acting(world, who), until(which, world));
            // One of them for a partner alone.
            let partner = || Some(vec!["example-partner".into()]);
            let (purpose, recipients) = if item == 2 { ("sharing-with-partners", partner()) } else { ("recommendations", None) };
            let tell = Tell {
                item: TOLD[item],
                value: value[item].clone(),
                purpose: purpose.into(),
                until,
                recipients,
                visit: Some("session-0".into()),
                evidence: Some(evidence()),
            };
            // For once, or under a guardian, it is refused, and nothing changes.
            let _ = world.run.block_on(world.engine().tell(customer, tell));
        }
        Step::Hide { who, item } => {
            let customer = acting(world, who);
            let _ = world.run.block_on(world.engine().hide(customer, TOLD[item], None));
        }
        Step::TellAgain { who, item } => {
            let customer = acting(world, who);
            let _ = world.run.block_on(world.engine().tell_again(customer, TOLD[item], None, Some(evidence())));
        }
        Step::TakeBack { who, item } => {
            let customer = acting(world, who);
            world.run.block_on(world.engine().take_back(customer, TOLD[item], None)).unwrap();
        }
        Step::Consents { who, guardian } => {
            let customer = acting(world, who);
            let (consenter, actor) = if guardian { (Consenter::Guardian, "guardian") } else { (Consenter::Customer, "staff") };
            let evidence = ClaimedEvidence { actor: Some(actor.into()), ..evidence() };
            let _ = world.run.block_on(world.engine().state_consenter(customer, consenter, Some(evidence)));
        }
        Step::Restrict { who, part } => {
            let customer = acting(world, who);
            let ground = Some(RestrictionGround::Accuracy);
            world.run.block_on(world.engine().restrict(customer, restricted(part), ground, Some(evidence()))).unwrap();
        }
        Step::Lift { who, part } => {
            let customer = acting(world, who);
            let _ = world.run.block_on(world.engine().lift(customer, restricted(part), Some(evidence())));
        }
        Step::Disclose { who, told } => {
            let customer = acting(world, who);
            let (recipient, purpose, category) =
                if told { ("example-partner", "recommendations", "my-information") } else { ("carrier", "delivery", "contact") };
            let wish = Disclose {
                recipient: recipient.into(),
                purpose: purpose.into(),
                categories: vec![category.into()],
                items: Vec::new(),
                channel: None,
                visit: None,
                reference: None,
            };
            let _ = world.run.block_on(world.engine().disclose(customer, wish, None));
        }
        Step::Preview { who } => {
            let customer = acting(world, who);
            let _ = world.run.block_on(world.engine().difference(customer, 3, Some(evidence())));
        }
        Step::Signal { who } => {
            let customer = acting(world, who);
            let shared = world.engine().policy().shared_with_third_parties();
            world.run.block_on(world.engine().heed_signal(customer, "gpc", shared)).unwrap();
        }
        Step::Erase { who } => {
            let customer = acting(world, who);
            world.erase(customer);
        }
        Step::Sensitive { item: which, sensitive } => {
            world.run.block_on(world.engine().put_catalogue(vec![item(&product(which), sensitive)])).unwrap();
        }
        Step::Pass { seconds } => world.hands.pass(seconds),
        Step::Upkeep => world.upkeep(),
        Step::Restart => world.restart(),
    }
}

fn restricted(part: usize) -> RestrictedPart {
    let (purpose, category) = PARTS[part];
    RestrictedPart { purpose: purpose.map(String::from), category: category.map(String::from) }
}

/// A restart ends visits; so that both sides stand alike, end them here first.
pub(crate) fn end_visits(world: &World) {
    for who in 0..CUSTOMERS {
        if let Some(customer) = world.engine().lookup(&user(&name(who))) {
            world.run.block_on(world.engine().end_visit(customer, "session-0")).unwrap();
        }
    }
}

pub(crate) fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("REGIE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_start_on_the_same_log_knows_the_same(steps in prop::collection::vec(step(), 5..70)) {
        let mut world = world();
        for step in &steps {
            take(&mut world, step);
        }
        end_visits(&world);
        let live = world.audit();
        let fresh = world.crashed_copy();
        prop_assert_eq!(&fresh.audit(), &live, "replayed");
        world.run.block_on(world.engine().refold_everything()).unwrap();
        prop_assert_eq!(&world.audit(), &live, "refolded");
        // What was allowed at this moment, as the log tells it, is what the views say now.
        for who in 0..CUSTOMERS {
            let Some(customer) = world.engine().lookup(&user(&name(who))) else { continue };
            for category in ["purchases", "browsing", "my-information"] {
                for purpose in PURPOSES {
                    let asked = question(purpose, category);
                    let then = world.engine().decide_at(customer, &asked, world.now()).unwrap();
                    prop_assert_eq!(then.answer, world.engine().decide(Some(customer), &asked).unwrap(), "{} {}", purpose, category);
                }
            }
        }
        // Rests on where an address came from, which no choice says.
        let by_mail = Question { channel: Some("email".into()), ..question("own-customer-email", "contact") };
        for customer in (0..CUSTOMERS).filter_map(|who| world.engine().lookup(&user(&name(who)))) {
            let then = world.engine().decide_at(customer, &by_mail, world.now()).unwrap();
            prop_assert_eq!(then.answer, world.engine().decide(Some(customer), &by_mail).unwrap(), "own-customer-email");
        }
        // What the engine answers is made of what was compared; a few answers all the same.
        for who in 0..CUSTOMERS {
            let (here, there) = (world.engine().lookup(&user(&name(who))), fresh.engine().lookup(&user(&name(who))));
            prop_assert_eq!(here, there);
            prop_assert_eq!(world.recommend(wish(here)), fresh.recommend(wish(there)));
        }
    }
}
