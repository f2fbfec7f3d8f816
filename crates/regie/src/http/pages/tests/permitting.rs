//! Permitting, and stopping it, as a browser meets it: one purpose at a time, presets, and the question of age.

use axum::http::StatusCode;
use regie_domain::consent::State;
use regie_domain::fact::Consenter;

use super::{Browser, is_nobodys, state, world, world_of_any_age};

#[tokio::test]
async fn giving_and_stopping_take_one_form_each_and_say_so() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let form = customer.get("/mijn/toestemming/recommendations").await;
    assert!(!form.text.contains(" checked"), "nothing is preselected");

    let path = "/mijn/toestemming/recommendations";
    let unfinished = customer.submit(&form, path, "answer=yes").await;
    assert_eq!(unfinished.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unfinished.text.contains("role=\"alert\""));
    for wrong in ["until=date&date=", "until=date&date=2001-01-01", "until=date&date=9999-12-31", "until=P9Y", "until=date&date=x"] {
        let refused = customer.submit(&form, path, &format!("answer=yes&{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));

    assert_eq!(customer.submit(&form, path, "answer=yes&until=P1D").await.to.as_deref(), Some("/mijn"));
    assert_eq!(state(&world, "recommendations"), Some(State::Given));
    let home = customer.get("/mijn").await;
    assert!(home.text.contains("nog 1 dag"), "told once");
    assert!(home.text.contains("action=\"/mijn/stop/recommendations\""));

    assert_eq!(customer.submit(&home, "/mijn/stop/recommendations", "").await.to.as_deref(), Some("/mijn"));
    assert_eq!(state(&world, "recommendations"), Some(State::Withdrawn));
    assert!(customer.get("/mijn").await.text.contains("Gestopt: “Aanbevelingen”."));
    assert!(!customer.get("/mijn").await.text.contains("Gestopt:"), "and not a second time");
}

#[tokio::test]
async fn sixteen_or_older_is_asked_once_and_a_child_permits_nothing() {
    let world = world_of_any_age().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations";
    let form = customer.get(path).await;
    assert!(form.text.contains("name=\"of-age\"") && !form.text.contains(" checked"), "asked, and nothing is preselected");
    let unanswered = customer.submit(&form, path, "answer=yes&until=P1D").await;
    assert_eq!(unanswered.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unanswered.text.contains("href=\"#age\""));
    assert_eq!(world.site.engine.consenter(world.customer).unwrap(), None);

    // No: nothing is permitted, the page says who can, and the presets do not get round it.
    assert_eq!(customer.submit(&form, path, "answer=yes&until=P1D&of-age=no").await.to.as_deref(), Some("/mijn"));
    assert_eq!(world.site.engine.consenter(world.customer).unwrap(), Some(Consenter::Guardian));
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
    let home = customer.get("/mijn").await;
    assert!(home.text.contains("ouder of voogd"), "{}", home.text);
    assert!(!home.text.contains("/mijn/toestemming/personalised-advertising"), "no marketing profile of a minor is offered");
    // No page takes it back, whatever is answered now: that is for the shop, which can see who it is.
    assert_eq!(customer.get("/mijn/keuze/bezoek").await.to.as_deref(), Some("/mijn"));
    assert!(!customer.get(path).await.text.contains("name=\"until\""));
    for (to, body) in [("/mijn/keuze/bezoek", "of-age=yes"), (path, "answer=yes&until=P1D&of-age=yes")] {
        assert_eq!(customer.submit(&home, to, body).await.to.as_deref(), Some("/mijn"));
        assert_eq!(state(&world, "recommendations"), Some(State::Unknown), "{to}");
        assert_eq!(world.site.engine.consenter(world.customer).unwrap(), Some(Consenter::Guardian));
    }
}

#[tokio::test]
async fn who_said_yes_is_not_asked_again_but_a_later_no_counts() {
    let world = world_of_any_age().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations";
    let (preset, old_tab) = (customer.get("/mijn/keuze/bezoek").await, customer.get(path).await);
    assert_eq!(customer.submit(&preset, "/mijn/keuze/bezoek", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(customer.submit(&preset, "/mijn/keuze/bezoek", "of-age=yes").await.to.as_deref(), Some("/mijn"));
    assert_eq!(state(&world, "recommendations"), Some(State::Given));
    for path in [path, "/mijn/keuze/bezoek"] {
        assert!(!customer.get(path).await.text.contains("name=\"of-age\""), "{path}");
    }
    customer.submit(&old_tab, path, "answer=yes&until=P1D&of-age=no").await;
    assert_eq!(world.site.engine.consenter(world.customer).unwrap(), Some(Consenter::Guardian));
    assert_eq!(state(&world, "recommendations"), Some(State::Unknown));
}

#[tokio::test]
async fn what_is_not_ticked_is_not_covered_and_nobody_else_gets_it() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations";
    let form = customer.get(path).await;
    customer.submit(&form, path, "answer=yes&until=withdrawn&category=my-information&channel=email").await;
    let given = world.site.engine.consents(world.customer).unwrap().history.remove(0);
    assert_eq!(given.categories, ["purchases", "browsing", "my-information"]);
    assert_eq!(given.recipients, ["retailer"]);
    assert_eq!(given.channels, ["web", "app", "email"]);
    let evidence = given.evidence.unwrap();
    assert_eq!((evidence.language.as_str(), evidence.method.as_str()), ("nl", "portal"));
}

#[tokio::test]
async fn presets_change_what_they_list_and_nothing_before() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    for purpose in ["recommendations", "model-improvement"] {
        let form = customer.get(&format!("/mijn/toestemming/{purpose}")).await;
        customer.submit(&form, &format!("/mijn/toestemming/{purpose}"), "answer=yes&until=withdrawn").await;
    }
    let visit = customer.get("/mijn/keuze/bezoek").await;
    assert_eq!(state(&world, "model-improvement"), Some(State::Given), "looking changes nothing");
    customer.submit(&visit, "/mijn/keuze/bezoek", "").await;
    assert_eq!((state(&world, "recommendations"), state(&world, "model-improvement")), (Some(State::Given), Some(State::Withdrawn)));
    let nothing = customer.get("/mijn/keuze/niets").await;
    customer.submit(&nothing, "/mijn/keuze/niets", "").await;
    assert_eq!(state(&world, "recommendations"), Some(State::Withdrawn));
    assert_eq!(customer.get("/mijn/keuze/iets").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_visit_bound_permission_ends_with_the_log_out() {
    let world = world().await;
    let mut customer = Browser::new(&world);
    customer.enter().await;
    let path = "/mijn/toestemming/recommendations";
    let form = customer.get(path).await;
    customer.submit(&form, path, "answer=yes&until=visit").await;
    assert_eq!(state(&world, "recommendations"), Some(State::Given));
    let home = customer.get("/mijn").await;
    assert_eq!(customer.submit(&home, "/mijn/uitloggen", "").await.to.as_deref(), Some("/mijn/uitgelogd"));
    assert_eq!(state(&world, "recommendations"), Some(State::Expired));
    assert!(is_nobodys(&customer.get("/mijn").await));
}
