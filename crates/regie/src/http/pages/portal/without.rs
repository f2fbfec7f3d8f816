//! `/mijn/waarom/{item}/zonder` and `/mijn/informatie/{item}/verschil`: what the list would be without that reason. Nothing is changed by
//! looking; both lists are made from what is permitted now, and recorded as uses like any other.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::information::InformationItem;

use super::compare::{ComparePage, TipList, both};
use super::information::name as information_name;
use super::terms;
use super::why::{name_of, shown_because};
use crate::engine::EngineError;
use crate::engine::api::{Recommendations, Wish, Without};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::problem::{Problem, problem, refused};

/// More than are shown, because many bear one name.
const ASKED: usize = 24;

/// Without the reason of one tip.
pub(super) async fn show(caller: Caller, InPath(item): InPath) -> Response {
    let because = match shown_because(&caller, &item).await {
        Ok(because) => because,
        Err(error) => return refused(caller, &error),
    };
    let mut without = Without::default();
    let mut about = Vec::new();
    for reason in &because {
        match reason.information {
            Some(told) if !without.information.contains(&told) => {
                about.push(terms::inside(&information_name(caller.words, told)));
                without.information.push(told);
            }
            None if !without.items.iter().any(|i| **i == *reason.item) => {
                about.push(name_of(&caller, &reason.item).0);
                without.items.push(reason.item.to_string());
            }
            _ => {}
        }
    }
    if without.is_nothing() {
        return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound);
    }
    about.dedup();
    let back = format!("/mijn/waarom/{item}");
    compare(caller, without, &about, back, "why-title").await
}

/// Without one thing that was told.
pub(super) async fn information(caller: Caller, InPath(item): InPath) -> Response {
    let Some(item) = InformationItem::of(&item) else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    let about = [terms::inside(&information_name(caller.words, item))];
    let without = Without { information: vec![item], ..Without::default() };
    compare(caller, without, &about, "/mijn/informatie".into(), "information-title").await
}

async fn compare(mut caller: Caller, without: Without, about: &[String], back: String, back_label: &str) -> Response {
    let lists = async { Ok::<_, EngineError>((list(&caller, Without::default()).await?, list(&caller, without).await?)) };
    let (with, without) = match lists.await {
        Ok(lists) => lists,
        Err(error) => return refused(caller, &error),
    };
    let t = caller.words;
    let ([with, without], gone) = both(&caller, &with, &without, ["without-gone", "without-new"]);
    let reason = terms::listed(t, about);
    let sum = t.with("without-sum", &[("count", gone.into())]);
    let lists = vec![
        TipList { id: "with", title: t.get("without-with"), note: String::new(), tips: with },
        TipList { id: "without", title: t.get("without-without"), note: String::new(), tips: without },
    ];
    let f = caller.frame(t.get("without-page"));
    let page = ComparePage {
        f,
        switch: Some((t.with("without-switch", &[("reason", reason.clone().into())]), back.clone())),
        back,
        back_label: t.get(back_label),
        title: t.with("without-title", &[("reason", reason.into())]),
        lead: t.get("without-lead"),
        sum,
        lists,
        note: t.get("without-note"),
    };
    caller.page(&page)
}

async fn list(caller: &Caller, without: Without) -> Result<Recommendations, EngineError> {
    let wish = Wish {
        customer: caller.customer(),
        visit: caller.session.seen.clone(),
        visit_id: Some(caller.session.visit.clone()),
        channel: "web".into(),
        limit: ASKED,
        without,
        ..Wish::default()
    };
    caller.site.engine.recommend(wish).await
}
