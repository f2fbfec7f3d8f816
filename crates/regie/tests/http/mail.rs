//! Receipts by mail over the wire. That they arrive is tested in `tests/clients`, with a mail server.

use serde_json::{Value, json};

use crate::server::{SHOP, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_asked_for_by_its_number_where_mails_are_sent() {
    let server = Server::start().await;
    let c = server.customer("1").await;
    server.give(&c, "recommendations", "P1W").await;
    let list = server.api("GET", &format!("/v1/customers/{c}/receipts"), Value::Null).await.ok();
    let index = &list["receipts"][0]["regie:ledger"]["index"];
    let path = format!("/v1/customers/{c}/receipts/{index}/mail");
    server.api("POST", &path, json!({"language": "nl"})).await.is_problem(404, "mail_not_offered");
    server.site.offer_mail();
    server.api("POST", &path, json!({"language": "nl"})).await.is_problem(409, "mail_address_unknown");
    let identify = json!({"userId": "1", "traits": {"email": "someone@mail.example"}});
    server.send(server.request("POST", "/v1/identify", SHOP).json(&identify)).await.ok();
    server.api("POST", &path, json!({"language": "fr"})).await.is_problem(400, "language_unknown");
    server.api("POST", &path, json!({})).await.is_problem(400, "field_missing");
    for wrong in ["x", "-1", "99999999999999999999999", "4096"] {
        let path = format!("/v1/customers/{c}/receipts/{wrong}/mail");
        server.api("POST", &path, json!({"language": "nl"})).await.is_problem(404, "receipt_unknown");
    }
    let other = server.customer("2").await;
    let of_another = format!("/v1/customers/{other}/receipts/{index}/mail");
    server
        .send(server.request("POST", "/v1/identify", SHOP).json(&json!({"userId": "2", "traits": {"email": "b@mail.example"}})))
        .await
        .ok();
    server.api("POST", &of_another, json!({"language": "nl"})).await.is_problem(404, "receipt_unknown");

    let asked = server.api_keyed("POST", &path, "once", json!({"language": "nl"})).await;
    assert_eq!((asked.status.as_u16(), asked.header("cache-control")), (202, "no-store"));
    let asked = asked.ok();
    assert_eq!(asked["customer"], json!(c));
    assert!(asked["mail"].as_str().unwrap().starts_with("m_"));
    assert_eq!(server.api_keyed("POST", &path, "once", json!({"language": "nl"})).await.ok(), asked);
    assert_eq!(server.engine.mails_waiting().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn word_of_a_lifting_is_asked_for_where_something_is_restricted() {
    let server = Server::start().await;
    let c = server.customer("1").await;
    let restriction = format!("/v1/customers/{c}/restrictions/all/purchases");
    let path = format!("{restriction}/told/mail");
    server.api("POST", &path, json!({"language": "nl"})).await.is_problem(404, "mail_not_offered");
    server.site.offer_mail();
    server.api("POST", &path, json!({"language": "nl"})).await.is_problem(409, "not_restricted");
    server.api("PUT", &restriction, json!({})).await.ok();
    server.api("POST", &path, json!({"language": "nl"})).await.is_problem(409, "mail_address_unknown");
    let identify = json!({"userId": "1", "traits": {"email": "someone@mail.example"}});
    server.send(server.request("POST", "/v1/identify", SHOP).json(&identify)).await.ok();
    let asked = server.api("POST", &path, json!({"language": "nl"})).await;
    assert_eq!(asked.status.as_u16(), 202);
    assert_eq!(server.engine.mails_waiting().len(), 1);
}
