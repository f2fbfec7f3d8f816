//! Mails as the engine keeps them: what waits survives a restart, what may not be sent is not, and a question is asked once ever.
//! A mail server is played by a few lines here; the real one stands in `tests/clients`.

use regie::engine::EngineError;
use regie::engine::mail::{Claim, MAILS_A_DAY_MAX, QUESTIONS, WaitingMail};
use regie::engine::timeline::{Asked, Happened};
use regie_domain::consent::UntilWish;
use regie_domain::fact::{AlmostOver, Fact, Letter, MailOutcome, Permitted};
use regie_domain::ids::Handle;
use regie_domain::information::InformationItem;

use crate::support::{DAY, SHOP, WEB, World, device, evidence, identify, user, world};

const ADDRESS: &str = "someone@mail.example";

impl World {
    fn known(&self, id: &str) -> Handle {
        self.send(identify(id, None, ADDRESS, self.now()));
        self.user(id)
    }

    /// Asks for the receipt of the newest choice.
    fn ask_for_receipt(&self, customer: Handle) -> Result<String, &'static str> {
        let found = self.engine().receipts(customer, None, 1, None).unwrap();
        let index = found.receipts.first().map_or(999, |r| r["regie:ledger"]["index"].as_u64().unwrap());
        self.ask_for(customer, index)
    }

    fn ask_for(&self, customer: Handle, index: u64) -> Result<String, &'static str> {
        self.run.block_on(self.engine().ask_for_receipt(customer, index, "nl")).map(|id| id.to_string()).map_err(|e| e.code())
    }

    fn waiting(&self) -> Vec<WaitingMail> {
        self.engine().mails_waiting()
    }

    fn claim(&self, mail: &WaitingMail) -> Result<Claim, EngineError> {
        self.run.block_on(self.engine().claim_mail(mail))
    }

    fn close(&self, mail: &WaitingMail, outcome: MailOutcome) {
        self.run.block_on(self.engine().close_mail(mail.customer, mail.mail.id, outcome)).unwrap();
    }

    fn ask_about_ends(&self) -> usize {
        self.run.block_on(self.engine().ask_about_ends()).unwrap()
    }

    fn disclosed_to_the_mailer(&self, customer: Handle) -> usize {
        let all = self.engine().disclosures(customer, None, 200).unwrap().disclosures;
        all.iter().filter(|d| d.recipient == "mailer" && d.channel.as_deref() == Some("email")).count()
    }

    fn questions(&self) -> Vec<Vec<AlmostOver>> {
        let letters = self.waiting().into_iter().map(|w| w.mail.letter);
        letters.filter_map(|letter| if let Letter::AlmostOver { permissions } = letter { Some(permissions) } else { None }).collect()
    }
}

fn ends(world: &World, purpose: &str) -> AlmostOver {
    let policy = world.engine().policy();
    let customer = world.user("a");
    let states = world.engine().states(customer).unwrap();
    let state = states.iter().find(|s| policy.at(s.purpose).id == purpose).unwrap();
    let regie_domain::consent::Ends::Moment(until) = state.until else { panic!("it ends at a moment") };
    AlmostOver { what: Permitted::Purpose(purpose.into()), until }
}

#[test]
fn a_receipt_waits_through_a_crash_and_its_disclosure_comes_first() {
    let world = world();
    let a = world.known("a");
    world.give(a, "recommendations", UntilWish::Week);
    let asked = world.ask_for_receipt(a).unwrap();
    assert_eq!(world.ask_for_receipt(a).unwrap(), asked, "it waits already: it is not asked for twice");
    assert_eq!(world.disclosed_to_the_mailer(a), 0, "nothing left yet");

    let crashed = world.crashed_copy();
    let [mail] = &crashed.waiting()[..] else { panic!("one waits") };
    assert_eq!((mail.mail.id.to_string(), mail.customer, mail.mail.language.as_str()), (asked, a, "nl"));
    assert_eq!(crashed.engine().mail_address(a).unwrap().unwrap().to_string(), ADDRESS);
    assert_eq!(crashed.claim(mail).unwrap(), Claim::First);
    assert_eq!(crashed.disclosed_to_the_mailer(a), 1);
    let list = crashed.engine().disclosures(a, None, 10).unwrap().disclosures;
    assert_eq!((list[0].purpose.as_str(), &list[0].categories), ("rights-handling", &vec!["contact".to_owned(), "choices".to_owned()]));

    // The server may have got it: a receipt goes again, and it is one disclosure all the same.
    let again = crashed.crashed_copy();
    let [mail] = &again.waiting()[..] else { panic!("it still waits") };
    assert_eq!(again.claim(mail).unwrap(), Claim::Again);
    assert_eq!(again.disclosed_to_the_mailer(a), 1);
    again.close(mail, MailOutcome::Sent);
    again.close(mail, MailOutcome::Refused);
    let after = again.crashed_copy();
    assert_eq!(after.waiting(), [], "what was sent does not wait after a restart");
    let rows = after.engine().timeline(a, &Asked { limit: 50, ..Asked::default() }).unwrap().rows;
    let closed: Vec<_> = rows.iter().filter(|r| matches!(r.what, Happened::MailClosed { .. })).collect();
    assert_eq!(closed.len(), 1, "what became of it stays so");
    assert!(rows.iter().any(|r| matches!(&r.what, Happened::MailAsked { letter: Letter::Receipt { .. } })));
    assert_eq!(after.engine().export(a).unwrap()["mails"].as_array().unwrap().len(), 2);
}

#[test]
fn no_address_is_taken_that_a_browser_claims_or_that_is_more_than_one() {
    let world = world();
    let a = world.open(user("a"));
    world.give(a, "recommendations", UntilWish::Week);
    assert_eq!(world.ask_for_receipt(a), Err("mail_address_unknown"));
    // A browser says it for the device, which then becomes the customer's.
    world.give(world.open(device("d")), "marketing-email", UntilWish::Week);
    let claim = regie_domain::collection::Incoming {
        user_id: None,
        anonymous_id: Some("d".into()),
        ..identify("x", None, "thief@mail.example", world.now())
    };
    world.collect(WEB, vec![claim]);
    let d = world.user_or_device(&device("d"));
    assert!(world.facts_of(&device("d")).iter().any(|f| matches!(f, Fact::AttributesProvided(_))), "it is kept, and a claim");
    world.run.block_on(world.engine().join(a, d, regie_domain::fact::Actor::Customer)).unwrap();
    assert_eq!(world.ask_for_receipt(a), Err("mail_address_unknown"));

    world.send(identify("a", None, ADDRESS, world.now()));
    assert_eq!(world.engine().mail_address(a).unwrap().unwrap().to_string(), ADDRESS);
    for evil in [
        "a@mail.example\r\nBcc: b@mail.example",
        "a@mail.example\nb@mail.example",
        "a@mail.example, b@mail.example",
        "\"x\r\n\"@mail.example",
    ] {
        world.collect(SHOP, vec![identify("a", None, evil, world.now())]);
        assert_eq!(world.engine().mail_address(a).unwrap(), None, "{evil:?}: the latest word counts, and it is no address");
        assert_eq!(world.ask_for_receipt(a), Err("mail_address_unknown"));
    }
    assert_eq!(world.waiting(), []);
}

#[test]
fn only_own_receipts_and_not_too_many() {
    let world = world();
    let (a, b) = (world.known("a"), world.known("b"));
    world.give(a, "recommendations", UntilWish::Week);
    let index = world.engine().receipts(a, None, 1, None).unwrap().receipts[0]["regie:ledger"]["index"].as_u64().unwrap();
    for (customer, index) in [(b, index), (a, index + 1000), (a, u64::MAX)] {
        assert_eq!(world.ask_for(customer, index), Err("receipt_unknown"));
    }
    for _ in 0..MAILS_A_DAY_MAX {
        world.ask_for(a, index).unwrap();
        world.close(&world.waiting()[0], MailOutcome::Sent);
    }
    assert_eq!(world.ask_for(a, index), Err("mails_too_many"));
    world.hands.pass(DAY);
    world.ask_for(a, index).unwrap();
}

#[test]
fn an_erasure_takes_what_waits() {
    let world = world();
    let (a, b) = (world.known("a"), world.known("b"));
    for customer in [a, b] {
        world.give(customer, "recommendations", UntilWish::Week);
        world.ask_for_receipt(customer).unwrap();
    }
    let gone = world.waiting()[0].clone();
    world.erase(a);
    assert_eq!(world.waiting().iter().map(|w| w.customer).collect::<Vec<_>>(), [b], "the other's stays");
    assert!(matches!(world.claim(&gone), Err(EngineError::UnknownCustomer)), "the sender had it in its hands already");
    assert_eq!(world.crashed_copy().waiting().len(), 1);
    let of_the_gone = |fact: &Fact| matches!(fact, Fact::MailAsked(mail) if mail.id == gone.mail.id);
    assert!(!world.facts().iter().any(|(_, fact)| of_the_gone(fact)), "and its row is gone");
}

#[test]
fn a_question_is_asked_of_those_who_allowed_it_near_the_end_and_once_ever() {
    let mut world = world();
    let a = world.known("a");
    world.give(a, "recommendations", UntilWish::Week);
    world.give(a, "model-improvement", UntilWish::Withdrawn);
    world.hands.pass(5 * DAY);
    assert_eq!((world.ask_about_ends(), world.waiting().len()), (0, 0), "nobody allowed it");
    world.give(a, QUESTIONS, UntilWish::Month);
    let asked = ends(&world, "recommendations");
    assert_eq!(world.ask_about_ends(), 1);
    assert_eq!(world.questions(), [vec![asked.clone()]]);
    assert_eq!(world.ask_about_ends(), 0, "and not again");
    world.restart();
    assert_eq!((world.ask_about_ends(), world.questions().len()), (0, 1), "nor after a restart, while it waits");

    let mail = world.waiting()[0].clone();
    assert_eq!(mail.mail.language, "nl", "in the language that it was allowed in");
    assert_eq!(world.engine().still_ending(a, std::slice::from_ref(&asked)).unwrap(), std::slice::from_ref(&asked));
    assert_eq!(world.claim(&mail).unwrap(), Claim::First);
    let list = world.engine().disclosures(a, None, 10).unwrap().disclosures;
    assert_eq!((list[0].purpose.as_str(), list[0].recipient.as_str()), (QUESTIONS, "mailer"));
    world.close(&mail, MailOutcome::Sent);
    for _ in 0..2 {
        world.restart();
        world.hands.pass(DAY / 2);
        assert_eq!((world.ask_about_ends(), world.waiting().len()), (0, 0), "nor once it was sent");
    }
    // Made longer, it is another permission, and near its own end the question is welcome once more.
    world.give(a, "recommendations", UntilWish::Month);
    assert_eq!(world.engine().still_ending(a, std::slice::from_ref(&asked)).unwrap(), [], "the old end is over");
    assert_eq!(world.ask_about_ends(), 0, "a month is left");
    world.hands.pass(29 * DAY);
    assert_eq!(world.ask_about_ends(), 0, "the permission to ask has ended");
}

#[test]
fn what_ends_together_is_one_mail_and_what_was_told_counts_too() {
    let world = world();
    let a = world.known("a");
    world.give(a, QUESTIONS, UntilWish::Withdrawn);
    world.give(a, "recommendations", UntilWish::Week);
    world.give(a, "demand-insight", UntilWish::Week);
    let tell = regie::engine::api::Tell {
        item: InformationItem::Diet,
        value: serde_json::json!("vegetarian"),
        purpose: "recommendations".into(),
        until: UntilWish::Week,
        recipients: None,
        visit: None,
        evidence: Some(evidence()),
    };
    world.run.block_on(world.engine().tell(a, tell)).unwrap();
    world.hands.pass(4 * DAY);
    assert_eq!(world.ask_about_ends(), 0, "three days are left");
    world.hands.pass(DAY + 60);
    assert_eq!(world.ask_about_ends(), 1);
    let [question] = &world.questions()[..] else { panic!("one mail") };
    let what: Vec<&Permitted> = question.iter().map(|p| &p.what).collect();
    assert_eq!(
        what,
        [
            &Permitted::Purpose("recommendations".into()),
            &Permitted::Purpose("demand-insight".into()),
            &Permitted::Item(InformationItem::Diet),
        ]
    );
    let facts = world.facts_of(&user("a"));
    let text = facts.iter().filter(|f| matches!(f, Fact::MailAsked(_))).map(|f| serde_json::to_string(f).unwrap()).collect::<String>();
    assert!(!text.contains("vegetarian") && !text.contains(ADDRESS), "a mail that waits says neither: {text}");
}

#[test]
fn a_question_that_was_withdrawn_meanwhile_is_not_sent() {
    for (what, act) in [
        ("withdrawn", (|world: &World, a: Handle| world.withdraw(a, QUESTIONS)) as fn(&World, Handle)),
        ("restricted", |world, a| {
            let part = regie_domain::fact::RestrictedPart::default();
            world.run.block_on(world.engine().restrict(a, part, None, Some(evidence()))).unwrap();
        }),
        ("ended", |world, _| world.hands.pass(40 * DAY)),
    ] {
        let world = world();
        let a = world.known("a");
        world.give(a, QUESTIONS, UntilWish::Month);
        world.give(a, "recommendations", UntilWish::Week);
        world.hands.pass(6 * DAY);
        assert_eq!(world.ask_about_ends(), 1);
        let mail = world.waiting()[0].clone();
        act(&world, a);
        assert!(matches!(world.claim(&mail), Err(EngineError::DisclosureRefused { .. })), "{what}");
        assert_eq!(world.disclosed_to_the_mailer(a), 0, "{what}");
    }
    // A try that was recorded is judged anew before the next one.
    let world = world();
    let a = world.known("a");
    world.give(a, QUESTIONS, UntilWish::Month);
    world.give(a, "recommendations", UntilWish::Week);
    world.hands.pass(6 * DAY);
    world.ask_about_ends();
    let mail = world.waiting()[0].clone();
    assert_eq!(world.claim(&mail).unwrap(), Claim::First);
    world.withdraw(a, QUESTIONS);
    assert!(matches!(world.claim(&mail), Err(EngineError::DisclosureRefused { .. })));
}

#[test]
fn nobody_without_an_address_uses_the_question_up() {
    let world = world();
    let a = world.open(user("a"));
    world.give(a, QUESTIONS, UntilWish::Month);
    world.give(a, "recommendations", UntilWish::Week);
    world.hands.pass(6 * DAY);
    assert_eq!(world.ask_about_ends(), 0);
    world.send(identify("a", None, ADDRESS, world.now()));
    assert_eq!(world.ask_about_ends(), 1);
}

#[test]
fn a_customer_counts_as_told_of_a_lifting_exactly_if_the_mail_was_sent() {
    let world = world();
    let a = world.known("a");
    let part = regie_domain::fact::RestrictedPart::default();
    let tell = |world: &World| world.run.block_on(world.engine().tell_of_lifting_by_mail(a, part.clone(), "nl")).map_err(|e| e.code());
    let restrict = |world: &World| world.run.block_on(world.engine().restrict(a, part.clone(), None, None)).unwrap();
    let told = |world: &World| world.engine().restrictions(a).unwrap().restrictions[0].told_at.is_some();
    let lift = |world: &World| {
        let by = regie_domain::consent::ClaimedEvidence { actor: Some("staff".into()), ..evidence() };
        world.run.block_on(world.engine().lift(a, part.clone(), Some(by))).map_err(|e| e.code())
    };
    assert_eq!(tell(&world), Err("not_restricted"));
    restrict(&world);
    for outcome in [MailOutcome::Refused, MailOutcome::GivenUp, MailOutcome::NoAddress] {
        tell(&world).unwrap();
        world.close(&world.waiting()[0], outcome);
        assert!(!told(&world), "{outcome:?}");
        assert_eq!(lift(&world), Err("customer_not_told"));
    }
    tell(&world).unwrap();
    assert_eq!(tell(&world).unwrap(), world.waiting()[0].mail.id, "asked for twice, it is one");
    assert_eq!(world.claim(&world.waiting()[0]).unwrap(), Claim::First, "a restriction of everything does not silence it");
    assert!(!told(&world), "not before the mail server has it");
    world.close(&world.waiting()[0], MailOutcome::Sent);
    assert!(told(&world));
    let world = world.crashed_copy();
    assert!(told(&world));
    assert_eq!(lift(&world), Ok(()));
    // One that was lifted and made anew while the mail was on its way is another one.
    restrict(&world);
    tell(&world).unwrap();
    let mail = world.waiting()[0].clone();
    world.run.block_on(world.engine().lift(a, part.clone(), Some(evidence()))).unwrap();
    world.close(&mail, MailOutcome::Sent);
    restrict(&world);
    assert_eq!(lift(&world), Err("customer_not_told"));
}
