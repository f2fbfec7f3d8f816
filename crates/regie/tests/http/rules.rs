//! Rules of privacy as systems meet them over HTTP: races for once, forwarded signals, weighed objections, announced prices, when to ask
//! again, and requests that say more than is known.

use serde_json::{Value, json};

use crate::server::{API, Server, evidence};

/// Rule 3: recommendations and decisions race for one permission for once.
#[tokio::test(flavor = "multi_thread")]
async fn once_is_once_among_recommendations_and_decisions() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    for round in 0..6 {
        server.give(&customer, "recommendations", "once").await;
        let mut racing = tokio::task::JoinSet::new();
        for n in 0..10 {
            let recommends = round % 2 == 0 || n % 2 == 0;
            let (path, body) = if recommends {
                ("/v1/recommendations", json!({"customer": customer, "channel": "web"}))
            } else {
                (
                    "/v1/decisions",
                    json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "channel": "web", "use": true}),
                )
            };
            let request = server.request("POST", path, API).header("idempotency-key", format!("{round}-{n}")).json(&body);
            racing.spawn(async move {
                let answer = request.send().await.unwrap().json::<Value>().await.unwrap();
                if recommends { answer["personal"] == true } else { answer["decision"] == "allow" }
            });
        }
        let got = racing.join_all().await;
        assert_eq!(got.iter().filter(|got| **got).count(), 1, "round {round}: {got:?}");
    }
    server.stop().await;
}

/// Rule 21: a shop's server passes on what a browser said, on several lines too; a specific yes goes before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_that_a_shop_passes_on_is_heeded() {
    let server = Server::start().await;
    let third = |customer: &str| json!({"customer": customer, "category": "browsing", "purpose": "personalised-advertising", "recipient": "advertising-partner", "channel": "web"});
    for (user, lines, reason) in [
        ("1", &[][..], "unknown"),
        ("2", &["0"], "unknown"),
        ("3", &["1, 1"], "unknown"),
        ("4", &["1"], "objected"),
        ("5", &["0", "1"], "objected"),
        ("6", &["1", "0"], "objected"),
    ] {
        let customer = server.customer(user).await;
        let mut request = server.request("POST", "/v1/decisions?explain=true", API).json(&third(&customer));
        for line in lines {
            request = request.header("sec-gpc", *line);
        }
        let answer = server.send(request).await.ok();
        assert_eq!(answer["reason"], json!(reason), "{lines:?}");
        if reason == "objected" {
            assert_eq!(answer["explanation"]["rule"], json!("rule_21_signal"));
        }
        // It stands for who asks without it, too; what it is not about does not notice.
        assert_eq!(server.api("POST", "/v1/decisions", third(&customer)).await.ok()["reason"], json!(reason));
        let own = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
        assert_eq!(server.api("POST", "/v1/decisions", own).await.ok()["reason"], json!("unknown"));
    }
    let customer = server.customer("7").await;
    let yes = json!({"until": "P1W", "recipients": ["retailer", "advertising-partner"], "evidence": evidence()});
    server.api("PUT", &format!("/v1/customers/{customer}/consents/personalised-advertising"), yes).await.ok();
    let with_signal = || server.request("POST", "/v1/decisions", API).header("sec-gpc", "1");
    let answer = server.send(with_signal().json(&third(&customer))).await.ok();
    assert_eq!(answer["reason"], json!("consent"), "a specific yes that was given here");
    // Before data leave it is heeded as well.
    let customer = server.customer("8").await;
    let wish =
        json!({"customer": customer, "recipient": "example-partner", "purpose": "sharing-with-partners", "categories": ["purchases"]});
    let refused = server.send(server.request("POST", "/v1/disclosures", API).header("sec-gpc", "1").json(&wish)).await;
    refused.is_problem(403, "disclosure_refused");
    assert_eq!(refused.body["reason"], json!("objected"));
    // And before anything is recommended: what was permitted steers nothing any more.
    for (user, method) in [("11", "GET"), ("12", "POST")] {
        let customer = server.customer(user).await;
        server.give(&customer, "recommendations", "P1W").await;
        let ask = |lines: &[(&str, &str)]| {
            let mut request = match method {
                "GET" => server.request("GET", &format!("/v1/recommendations?customer={customer}&channel=web"), API),
                _ => server.request("POST", "/v1/recommendations", API).json(&json!({"customer": customer, "channel": "web"})),
            };
            for (name, value) in lines {
                request = request.header(*name, *value);
            }
            server.send(request)
        };
        ask(&[("sec-gpc", "1")]).await.ok();
        assert_eq!(server.api("POST", "/v1/decisions", third(&customer)).await.ok()["reason"], json!("objected"), "{method}");
        let own = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
        assert_eq!(server.api("POST", "/v1/decisions", own.clone()).await.ok()["reason"], json!("consent"), "{method}");
        assert_eq!(ask(&[("adpc", "withdraw=*")]).await.ok()["personal"], json!(false), "{method}");
        assert_eq!(server.api("POST", "/v1/decisions", own).await.ok()["reason"], json!("withdrawn"), "{method}");
    }
    // And ADPC: what was permitted is withdrawn, direct marketing objected to.
    let customer = server.customer("9").await;
    server.give(&customer, "recommendations", "P1W").await;
    let own = json!({"customer": customer, "category": "purchases", "purpose": "recommendations"});
    let adpc = server.request("POST", "/v1/decisions", API).header("adpc", "withdraw=*, object=direct-marketing").json(&own);
    assert_eq!(server.send(adpc).await.ok()["reason"], json!("withdrawn"));
    let post = json!({"customer": customer, "category": "contact", "purpose": "marketing-post", "channel": "post"});
    assert_eq!(server.api("POST", "/v1/decisions", post).await.ok()["reason"], json!("objected"));
    // A question about the past is nobody's browser now.
    let customer = server.customer("10").await;
    let mut then = third(&customer);
    then["at"] = json!(server.engine.now());
    server.send(with_signal().json(&then)).await.ok();
    assert_eq!(server.api("POST", "/v1/decisions", third(&customer)).await.ok()["reason"], json!("unknown"));
    server.stop().await;
}

/// Rule 9: the retailer's staff weighs an objection; the customer sees where it stands.
#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_weighed() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/objections/fraud-prevention");
    let outcome = format!("{path}/outcome");
    let staff = json!({"language": "nl", "method": "email", "actor": "staff"});
    server.api("PUT", &outcome, json!({"upheld": true, "evidence": staff})).await.is_problem(409, "nothing_to_weigh");
    let stands = server.api("PUT", &path, json!({"objects": true})).await.ok();
    assert_eq!((&stands["objected"], &stands["weighing"]), (&json!(true), &json!(true)));
    let ask = json!({"customer": customer, "category": "purchases", "purpose": "fraud-prevention"});
    let now = server.api("POST", "/v1/decisions?explain=true", ask.clone()).await.ok();
    assert_eq!((&now["decision"], &now["explanation"]["rule"]), (&json!("allow"), &json!("rule_9_weighing")), "it protects others");
    server.api("PUT", &outcome, json!({"upheld": true})).await.is_problem(422, "evidence_missing");
    let stands = server.api_keyed("PUT", &outcome, "k", json!({"upheld": true, "evidence": staff})).await.ok();
    assert_eq!((&stands["objected"], stands.get("weighing")), (&json!(true), None));
    let retried = server.api_keyed("PUT", &outcome, "k", json!({"upheld": true, "evidence": staff})).await;
    assert_eq!((retried.header("idempotency-replayed"), &retried.body), ("true", &stands));
    assert_eq!(server.api("POST", "/v1/decisions", ask).await.ok()["reason"], json!("objected"));
    let list = server.api("GET", &format!("/v1/customers/{customer}/timeline?lang=en"), Value::Null).await.ok();
    assert!(list["entries"][0]["text"].as_str().unwrap().starts_with("We considered your objection to “"), "{list}");
    server.stop().await;
}

/// Rule 17: a personalised price is announced as such by whoever shows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_personal_price_is_to_be_announced() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let ask = json!({"customer": customer, "category": "purchases", "purpose": "loyalty-personal-offers", "channel": "store"});
    let no = server.api("POST", "/v1/decisions", ask.clone()).await.ok();
    assert_eq!(no, json!({"decision": "deny", "reason": "unknown"}));
    server.give(&customer, "loyalty-personal-offers", "withdrawn").await;
    for path in ["/v1/decisions", "/v1/decisions?explain=true"] {
        let yes = server.api("POST", path, ask.clone()).await.ok();
        assert_eq!((&yes["decision"], &yes["conditions"]), (&json!("allow"), &json!(["announce_personal_price"])));
    }
    let other = json!({"customer": customer, "category": "purchases", "purpose": "order-handling"});
    assert_eq!(server.api("POST", "/v1/decisions", other).await.ok().get("conditions"), None);
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    assert_eq!(export["automated_purposes"][0]["purpose"], json!("loyalty-personal-offers"));
    server.stop().await;
}

/// Rule 17: only what the policy declares as a decision of significant effect can be contested; the starting policy declares none.
#[tokio::test(flavor = "multi_thread")]
async fn what_decides_nothing_cannot_be_contested() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/contests");
    server.api("POST", &path, json!({"purpose": "order-handling"})).await.is_problem(409, "purpose_not_contestable");
    server.api("POST", &path, json!({"purpose": "nothing"})).await.is_problem(422, "purpose_unknown");
    server.api("POST", &path, json!({"purpose": "order-handling", "reason": " "})).await.is_problem(422, "size_wrong");
    let list = server.api("GET", &path, Value::Null).await.ok();
    assert_eq!(list, json!({"customer": customer, "contests": []}));
    let answer = json!({"outcome": "upheld", "reasons": "x", "evidence": {"language": "en", "method": "email", "actor": "staff"}});
    for contest in ["k_00000000000000000000000001", "nonsense"] {
        server.api("PUT", &format!("{path}/{contest}/outcome"), answer.clone()).await.is_problem(404, "contest_unknown");
    }
    server.stop().await;
}

/// When a customer may be asked again is told for what would be asked.
#[tokio::test(flavor = "multi_thread")]
async fn when_to_ask_again_is_told() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    let path = format!("/v1/customers/{customer}/consents");
    let asked = async |query: &str| {
        let list = server.api("GET", &format!("{path}{query}"), Value::Null).await.ok();
        let all = list["consents"].as_array().unwrap().clone();
        all.into_iter().find(|c| c["purpose"] == "recommendations").unwrap()["ask_again_at"].clone()
    };
    assert_eq!(asked("?ask_until=withdrawn").await, json!("now"));
    server.api("PUT", &format!("{path}/recommendations"), json!({"refused": true, "evidence": evidence()})).await.ok();
    let policys = asked("").await;
    assert!(policys.as_str().unwrap() > "2026", "{policys}");
    assert_eq!(asked("?ask_until=P1D").await, policys);
    assert_eq!(asked("?ask_until=withdrawn").await, Value::Null, "a no to that has no end");
    server.api("GET", &format!("{path}?ask_until=soon"), Value::Null).await.is_problem(422, "until_not_understood");
    server.stop().await;
}

/// A parameter that a path does not know is refused, whichever path of the API it is; sources' clients may add their own.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_says_nothing_that_is_not_known() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    for (method, path) in [
        ("GET", format!("/v1/customers/{customer}/consents")),
        ("PUT", format!("/v1/customers/{customer}/consents/recommendations")),
        ("DELETE", format!("/v1/customers/{customer}")),
        ("GET", format!("/v1/customers/{customer}/export")),
        ("GET", format!("/v1/customers/{customer}/receipts")),
        ("GET", "/v1/recommendations".to_owned()),
        ("POST", "/v1/recommendations".to_owned()),
        ("POST", "/v1/decisions".to_owned()),
        ("PUT", "/v1/catalogue/items".to_owned()),
    ] {
        let refused = server.api(method, &format!("{path}?dry_run=true"), json!({})).await;
        refused.is_problem(400, "field_unknown");
        assert_eq!(refused.body["field"], json!("dry_run"), "{method} {path}");
    }
    server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    let body = json!({"batch": [crate::server::order("1", "o-2", &["tea"])]});
    server.send(server.request("POST", "/v1/batch?client=web", crate::server::SHOP).json(&body)).await.ok();
    server.stop().await;
}

/// Rule 27: the record of uses is part of access, and gone with an erasure.
#[tokio::test(flavor = "multi_thread")]
async fn uses_are_accessible_and_erased() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    let used = json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "channel": "web", "use": true});
    for _ in 0..3 {
        server.api("POST", "/v1/decisions", used.clone()).await.ok();
    }
    let export = server.api("GET", &format!("/v1/customers/{customer}/export"), Value::Null).await.ok();
    let uses = export["uses"].to_string();
    assert!(uses.contains("\"recommendations\"") && uses.contains("\"count\":3"), "{uses}");
    server.api("DELETE", &format!("/v1/customers/{customer}"), Value::Null).await.ok();
    server.api("GET", &format!("/v1/customers/{customer}/uses"), Value::Null).await.is_problem(404, "customer_unknown");
    let again = server.customer("2").await;
    assert_eq!(server.api("GET", &format!("/v1/customers/{again}/export"), Value::Null).await.ok()["uses"], json!([]));
    server.stop().await;
}

/// Every time in an answer, by where it stands.
fn times(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z') => {
            found.push((path.into(), text.clone()))
        }
        Value::Array(all) => all.iter().for_each(|value| times(path, value, found)),
        Value::Object(all) => all.iter().for_each(|(name, value)| times(&format!("{path}/{name}"), value, found)),
        _ => {}
    }
}

/// Times are written to the second; and what is asked about such a second is about all that happened in it.
#[tokio::test(flavor = "multi_thread")]
async fn times_are_written_to_the_second_and_mean_that_second() {
    let server = Server::start().await;
    let customer = server.customer("1").await;
    server.give(&customer, "recommendations", "P1W").await;
    let told = json!({"value": "vegan", "purpose": "recommendations", "until": "P1W", "evidence": evidence()});
    server.api("PUT", &format!("/v1/customers/{customer}/information/diet"), told).await.ok();
    server.api("PUT", &format!("/v1/customers/{customer}/restrictions/model-improvement/all"), json!({})).await;
    let mut found = Vec::new();
    for path in ["", "/consents", "/information", "/restrictions", "/timeline"] {
        let answer = server.api("GET", &format!("/v1/customers/{customer}{path}"), Value::Null).await;
        times(path, &answer.body, &mut found);
    }
    assert!(found.len() >= 6, "{found:?}");
    assert!(found.iter().all(|(_, time)| time.len() == 20), "{found:?}");
    let list = server.api("GET", &format!("/v1/customers/{customer}/consents"), Value::Null).await.ok();
    let mut of_choices = Vec::new();
    times("", &list["history"], &mut of_choices);
    let chosen_at = &of_choices.iter().find(|(path, _)| path == "/at").expect("a choice has a time").1;
    let ask = json!({"customer": customer, "category": "purchases", "purpose": "recommendations", "at": chosen_at});
    assert_eq!(server.api("POST", "/v1/decisions", ask).await.ok()["reason"], json!("consent"), "{chosen_at}");
    server.stop().await;
}
