//! What an older page sends is held against how things stand now; and what a page says of that.

use axum::http::{Request, StatusCode, header};
use regie_domain::consent::{Ends, State};
use regie_domain::information::ToldState;

use super::{Browser, World, state, world};

/// A page that was open for longer than its session: what it sends would be done to nobody, and said to be done.
#[tokio::test]
async fn a_form_of_a_session_that_is_over_changes_nothing_and_says_so() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let form = customer.get("/mijn/toestemming/recommendations").await;
    customer.submit(&form, "/mijn/toestemming/recommendations", "answer=yes&until=P1W&of-age=yes").await;
    let home = customer.get("/mijn").await;
    let session = customer.cookies.iter().find(|(name, _)| name == "regie_session").unwrap().1.clone();
    world.site.sessions.remove(&session);
    let records = world.site.engine.sizes().0;
    for (path, fields) in [
        ("/mijn/wissen", "confirm=yes"),
        ("/mijn/toestemming/recommendations", "answer=no"),
        ("/mijn/stop/recommendations", ""),
        ("/mijn/stop-alles", ""),
        ("/mijn/bezwaar/marketing-post", "objects=yes"),
        ("/mijn/stilzetten", "part=all/all"),
        ("/mijn/keuze/niets", ""),
    ] {
        let answer = customer.submit(&home, path, fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.text.contains("niets veranderd"), "{path}");
    }
    assert_eq!((state(&world, "recommendations"), world.site.engine.sizes().0), (Some(State::Given), records));
}

/// What an older page sends is held against how things stand now, and what is incomplete is no answer.
#[tokio::test]
async fn what_a_form_leaves_open_or_says_twice_is_no_answer() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    for (path, fields) in [
        ("/mijn/toestemming/recommendations", ""),
        ("/mijn/toestemming/recommendations", "answer=maybe"),
        ("/mijn/toestemming/recommendations", "answer=yes&answer=no&until=P1W&of-age=yes"),
        ("/mijn/toestemming/recommendations", "answer=yes&until=P1W&of-age=yes&of-age=no"),
        ("/mijn/toestemming/recommendations", "answer=yes&until=P1W&of-age=yes&category=nothing"),
        ("/mijn/toestemming/recommendations", "answer=yes&until=P1W&of-age=yes&channel=nothing"),
        ("/mijn/toestemming/sharing-with-partners", "answer=yes&until=P1W&of-age=yes"),
        ("/mijn/bezwaar/marketing-post", ""),
        ("/mijn/wissen", ""),
    ] {
        assert_eq!(customer.submit(&home, path, fields).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {fields}");
    }
    assert_eq!((state(&world, "recommendations"), state(&world, "sharing-with-partners")), (Some(State::Unknown), Some(State::Unknown)));
    let named = "answer=yes&until=P1W&of-age=yes&recipient=example-partner";
    assert_eq!(customer.submit(&home, "/mijn/toestemming/sharing-with-partners", named).await.to.as_deref(), Some("/mijn"));
    // These pages tell what was just done, and lead on where nothing was; so does an address that only takes forms.
    for path in
        ["/mijn/gewist", "/mijn/uitgelogd", "/mijn/", "/mijn/bezwaar/marketing-post", "/mijn/stop/recommendations", "/mijn/uitloggen"]
    {
        let page = customer.get(path).await;
        assert_eq!((page.status, page.to.as_deref()), (StatusCode::SEE_OTHER, Some("/mijn")), "{path}");
        assert!(page.headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
    }
}

#[tokio::test]
async fn a_week_longer_from_an_older_page_shows_nothing_that_was_hidden() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let form = customer.get("/mijn/informatie/household").await;
    customer.submit(&form, "/mijn/informatie/household", "people=2&purpose=recommendations&until=P1W&of-age=yes").await;
    let older = customer.get("/mijn/informatie").await;
    customer.submit(&older, "/mijn/informatie/household/verberg", "").await;
    let before = world.site.engine.information(world.customer).unwrap()[0].ends;
    customer.press(&older, "/mijn/informatie/household/langer", "").await;
    let after = &world.site.engine.information(world.customer).unwrap()[0];
    assert_eq!((after.state, after.ends), (ToldState::Hidden, before));
    assert!(customer.get("/mijn/informatie").await.text.contains("staat verborgen"));
}

#[tokio::test]
async fn the_first_screen_says_what_is_paused_and_what_is_on_elsewhere() {
    let world = world().await;
    let mut here = Browser::new(&world);
    here.enter().await;
    let form = here.get("/mijn/toestemming/recommendations").await;
    here.submit(&form, "/mijn/toestemming/recommendations", "answer=yes&until=visit&of-age=yes").await;
    let mut there = Browser::new(&world);
    let elsewhere = there.enter().await;
    assert!(elsewhere.text.contains("andere browser") && !here.get("/mijn").await.text.contains("andere browser"));
    there.submit(&elsewhere, "/mijn/stilzetten", "part=all/all").await;
    let paused = there.get("/mijn").await;
    assert!(paused.text.contains("<strong>Alles staat stil.</strong>") && !paused.text.contains("gebruiken nu"));
}

/// One tap near the end, and nothing else: what was stopped in another tab stays stopped, and the rest of the permission is as it was.
#[tokio::test]
async fn a_permission_is_a_week_longer_in_one_tap_where_it_still_stands() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations";
    let form = customer.get(path).await;
    customer.submit(&form, path, "answer=yes&until=P1W&of-age=yes&category=my-information").await;
    let given = |world: &World| {
        let ix = world.site.engine.policy().purpose("recommendations").unwrap();
        world.site.engine.states(world.customer).unwrap().into_iter().find(|s| s.purpose == ix).unwrap()
    };
    let before = given(&world);
    let home = customer.get("/mijn").await;
    let longer = "/mijn/toestemming/recommendations/langer";
    assert!(home.text.contains(longer));
    assert_eq!(customer.submit(&home, longer, "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "from which end on?");
    // Pressed twice, it is one week.
    for said in ["Toegestaan: “Aanbevelingen”, nog 14 dagen", "Er is nu niets veranderd. Zo staat het: “Aanbevelingen”, nog 14 dagen"]
    {
        assert_eq!(customer.press(&home, longer, "").await.to.as_deref(), Some("/mijn"));
        assert!(customer.get("/mijn").await.text.contains(said));
    }
    let after = given(&world);
    let (Ends::Moment(was), Ends::Moment(is)) = (before.until, after.until) else { panic!("no moment") };
    assert_eq!((after.cover, (is.seconds() - was.seconds() + 7200) / 86_400), (before.cover, 7));
    for stops in ["/mijn/stop/recommendations", "/mijn/stilzetten"] {
        customer.submit(&home, stops, "part=all/all").await;
        customer.press(&home, longer, "").await;
        assert!(customer.get("/mijn").await.text.contains("niets veranderd"), "{stops}");
        assert_eq!(given(&world).state, Some(State::Withdrawn));
    }
}

/// Stopping a purpose ends what was told for it, and says so; what the browser said is told as that.
#[tokio::test]
async fn what_goes_with_a_stop_and_who_said_something_is_told() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let form = customer.get("/mijn/informatie/household").await;
    customer.submit(&form, "/mijn/informatie/household", "people=2&purpose=recommendations&until=P1W&of-age=yes").await;
    let home = customer.get("/mijn").await;
    customer.submit(&home, "/mijn/stop/recommendations", "").await;
    assert!(customer.get("/mijn").await.text.contains("Wat je ervoor vertelde, gebruiken en delen we niet meer: je huishouden."));
    customer.send(Request::get("/mijn").header("sec-gpc", "1"), String::new()).await;
    assert!(customer.get("/mijn/tijdlijn").await.text.contains("Dat zei je browser."));
}

/// A yes by one click reaches the company that sends the news, and neither news nor a question before an end happens in visits.
#[tokio::test]
async fn a_yes_to_news_by_mail_reaches_the_mail_provider_and_its_ends_mean_something() {
    let world = world().await;
    let mut browser = Browser::new(&world);
    browser.enter().await;
    let engine = &world.site.engine;
    let answer = |recipient: &str| {
        let question = crate::engine::api::Question {
            purpose: "marketing-email".into(),
            category: "contact".into(),
            recipient: Some(recipient.into()),
            channel: Some("email".into()),
            visit: None,
        };
        engine.decide(Some(world.customer), &question).unwrap().decision
    };
    assert_eq!(["retailer", "mailer"].map(answer), ["deny", "deny"]);
    for purpose in ["marketing-email", "end-reminder"] {
        let path = format!("/mijn/toestemming/{purpose}");
        let form = browser.get(&path).await;
        assert!(form.text.contains("value=\"P1W\"") && !form.text.contains("value=\"once\"") && !form.text.contains("value=\"visit\""));
        for end in ["once", "visit"] {
            let refused = browser.submit(&form, &path, &format!("answer=yes&until={end}")).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{purpose} {end}");
        }
        assert_eq!(browser.submit(&form, &path, "answer=yes&until=P1W").await.to.as_deref(), Some("/mijn"));
    }
    assert_eq!(["retailer", "mailer"].map(answer), ["allow", "allow"]);
    assert_eq!(answer("hosting"), "deny", "what the policy does not call necessary is not reached by one click");
}

/// What is told, a week longer: once for each press of the page that said so, and never out of a visit.
#[tokio::test]
async fn what_is_told_is_a_week_longer_once_and_never_out_of_its_visit() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let (path, longer) = ("/mijn/informatie/household", "/mijn/informatie/household/langer");
    let form = customer.get(path).await;
    let ends = |world: &World| world.site.engine.information(world.customer).unwrap()[0].ends;
    customer.submit(&form, path, "people=2&purpose=recommendations&until=P1W").await;
    let page = customer.get("/mijn/informatie").await;
    customer.press(&page, longer, "").await;
    let once = ends(&world);
    customer.press(&page, longer, "").await;
    assert_eq!(ends(&world), once);
    assert!(customer.get("/mijn/informatie").await.text.contains("nog 14 dagen"));
    customer.submit(&form, path, "people=2&purpose=recommendations&until=visit").await;
    let visit = ends(&world);
    customer.submit(&page, longer, "shown=0").await;
    assert_eq!(ends(&world), visit);
    assert!(customer.get("/mijn/informatie").await.text.contains("niets veranderd"));
    // Elsewhere it is that visit, and not this one.
    let mut there = Browser::new(&world);
    assert!(there.enter().await.text.contains("andere browser") && there.get("/mijn/informatie").await.text.contains("andere browser"));
    assert!(!customer.get("/mijn/informatie").await.text.contains("andere browser"));
    // Taken back in another tab, it is as hidden as it can be.
    customer.submit(&page, &format!("{path}/weg"), "").await;
    assert_eq!(customer.submit(&page, &format!("{path}/verberg"), "").await.to.as_deref(), Some("/mijn/informatie"));
    assert!(customer.get("/mijn/informatie").await.text.contains("Weg. We gebruiken dit niet meer: je huishouden."));
}

/// The heading says what is used, whatever is paused: what was told or permitted since is.
#[tokio::test]
async fn what_was_told_or_permitted_since_a_pause_is_said_to_be_used() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    let heading = |page: &super::Page| page.text.split("<h1>").nth(1).unwrap().split("</h1>").next().unwrap().to_owned();
    let (diet, household, tips) = ("/mijn/informatie/diet", "/mijn/informatie/household", "/mijn/toestemming/recommendations");
    customer.submit(&home, diet, "value=vegan&purpose=recommendations&until=P1W").await;
    customer.submit(&home, tips, "answer=yes&until=P1W&category=my-information").await;
    customer.submit(&home, "/mijn/stilzetten", "part=all/my-information").await;
    let some = heading(&customer.get("/mijn").await);
    assert!(some.contains("We hebben nu <strong>1 soort gegevens</strong> van je. Die staat stil."), "{some}");
    customer.submit(&home, "/mijn/stilzetten", "part=all/all").await;
    let paused = customer.get("/mijn").await;
    let said = heading(&paused);
    assert!(said.contains("behalve voor de wet, fraude tegengaan en veilig inloggen.") && !said.contains("daarna"), "{said}");
    let ends = |page: &super::Page| page.text.split("id=\"until\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    assert!(!ends(&paused).contains("staat stil") && !ends(&paused).contains("Je dieet"), "{}", ends(&paused));
    customer.submit(&home, household, "people=2&purpose=recommendations&until=P1W").await;
    let since = customer.get("/mijn").await;
    assert!(heading(&since).contains("Wat je daarna vertelde, mag wel gebruikt worden: je huishouden."), "{}", heading(&since));
    assert!(ends(&since).contains("Je huishouden") && !ends(&since).contains("Je dieet"), "{}", ends(&since));
    customer.submit(&home, tips, "answer=yes&until=P1W").await;
    assert!(heading(&customer.get("/mijn").await).contains("en voor waar je daarna ja tegen zei: aanbevelingen."));
}

/// A no by objection is taken back in so many words, and the page of the purpose is where.
#[tokio::test]
async fn what_the_customer_objected_to_is_not_asked_for_until_they_take_that_back() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    let (path, object) = ("/mijn/toestemming/marketing-email", "/mijn/bezwaar/marketing-email");
    customer.submit(&home, object, "objects=yes").await;
    let page = customer.get(path).await;
    assert!(page.text.contains("Neem mijn nee terug") && !page.text.contains("name=\"answer\""), "{}", page.text);
    let older = customer.submit(&home, path, "answer=yes&until=P1W").await;
    assert!(older.status == StatusCode::UNPROCESSABLE_ENTITY && older.text.contains("Neem mijn nee terug"), "{}", older.text);
    assert_eq!(customer.submit(&page, object, "objects=no").await.to.as_deref(), Some(path));
    let asked = customer.get(path).await;
    assert!(asked.text.contains("Het mag pas als je ja zegt.") && asked.text.contains("name=\"answer\""), "{}", asked.text);
}

/// Near its end one question, once a visit; a guardian's customer is asked nothing, and puts nothing off.
#[tokio::test]
async fn an_end_is_asked_about_once_a_visit_and_not_of_who_has_a_guardian() {
    let hands = std::sync::Arc::new(super::Hands::default());
    let world = super::world_at(include_str!("../../../../../../policy/retail.toml").to_owned(), hands.clone()).await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    let (tips, longer) = ("/mijn/toestemming/recommendations", "action=\"/mijn/toestemming/recommendations/langer\"");
    customer.submit(&home, tips, "answer=yes&until=P1W&of-age=yes").await;
    let asks = |page: &super::Page| page.text.contains("Wil je het een week langer laten staan?");
    assert!(!asks(&customer.get("/mijn").await));
    hands.pass(6 * 86_400);
    customer.enter().await;
    let mut visitor = Browser::new(&world);
    let first = visitor.enter().await;
    assert!(asks(&first) && first.text.contains("op maandag"), "{}", first.text);
    for _ in 0..2 {
        let again = visitor.get("/mijn").await;
        assert!(!asks(&again) && again.text.contains(longer), "only on the card: {}", again.text);
    }
    let word = |text: &str| Some(text.to_owned());
    let guardian =
        Some(super::ClaimedEvidence { policy_version: None, language: word("nl"), method: word("portal"), actor: word("guardian") });
    world.site.engine.state_consenter(world.customer, super::Consenter::Guardian, guardian.clone()).await.unwrap();
    let give = crate::engine::api::Give {
        purpose: "marketing-email".into(),
        until: regie_domain::consent::UntilWish::Week,
        categories: None,
        recipients: None,
        channels: None,
        visit: None,
        evidence: guardian,
    };
    world.site.engine.give(world.customer, give).await.unwrap();
    let mut child = Browser::new(&world);
    let page = child.enter().await;
    assert!(page.text.contains("/mijn/stop/marketing-email") && !page.text.contains("/langer\"") && !asks(&page), "{}", page.text);
}

/// One kind alone that is paused is kept and not used, until a yes since lets it be.
#[tokio::test]
async fn a_kind_that_is_paused_alone_is_said_to_be_kept_and_used_again_by_a_new_yes() {
    let world = world().await;
    super::is_known_by(&world, "anna@example.nl").await;
    let mut customer = Browser::new(&world);
    let home = customer.enter().await;
    assert!(home.text.contains("We gebruiken nu <strong>1 soort gegevens</strong> van je. <strong>"), "{}", home.text);
    customer.submit(&home, "/mijn/stilzetten", "part=all/contact").await;
    let paused = customer.get("/mijn").await.text;
    assert!(paused.contains("We hebben nu <strong>1 soort gegevens</strong> van je. Die staat stil."), "{paused}");
    customer.submit(&home, "/mijn/toestemming/marketing-email", "answer=yes&until=P1W").await;
    let since = customer.get("/mijn").await.text;
    assert!(since.contains("We gebruiken nu <strong>1 soort gegevens</strong> van je. <strong>"), "{since}");
}
