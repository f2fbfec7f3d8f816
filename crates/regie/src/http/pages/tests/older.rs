//! What an older page sends is held against how things stand now; and what a page says of that.

use axum::http::{Request, StatusCode, header};
use regie_domain::consent::{Ends, State};

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
    customer.submit(&older, "/mijn/informatie/household/langer", "").await;
    let after = &world.site.engine.information(world.customer).unwrap()[0];
    assert_eq!((after.state, after.ends), ("hidden", before));
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
    assert_eq!(customer.submit(&home, longer, "").await.to.as_deref(), Some("/mijn"));
    let after = given(&world);
    let (Ends::Moment(was), Ends::Moment(is)) = (before.until, after.until) else { panic!("no moment") };
    assert_eq!((after.cover, (is.seconds() - was.seconds() + 7200) / 86_400), (before.cover, 7));
    for stops in ["/mijn/stop/recommendations", "/mijn/stilzetten"] {
        customer.submit(&home, stops, "part=all/all").await;
        customer.submit(&home, longer, "").await;
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
