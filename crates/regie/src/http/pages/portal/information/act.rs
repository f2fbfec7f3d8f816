//! One tap each: hide, show again, a week longer, take back.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::UntilWish;
use regie_domain::fact::Until;
use regie_domain::information::{InformationItem, StateError, ToldState};
use regie_domain::time::Time;

use super::super::{device, permit, terms};
use super::{name, on_card};
use crate::engine::{EngineError, Information};
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};

const BACK: &str = "/mijn/informatie";
const METHOD: &str = "portal";

enum Act {
    Hide,
    ShowAgain,
    /// From this end on, which its page showed; `None` where what stands does not end at a moment.
    Longer(Option<Time>),
    TakeBack,
}

/// What stands, and whether it is what the form's page showed; where nothing does, it is the engine that says so. `None` where the form does
/// not say what was shown.
fn spoken_of(item: &str, posted: &Posted) -> Option<(Option<Information>, bool)> {
    let caller = &posted.caller;
    let standing = |customer| caller.site.engine.information_item(customer, InformationItem::of(item)?).ok();
    let standing = caller.customer().and_then(standing);
    let shown = standing.as_ref().map_or_else(String::new, on_card);
    posted.speaks_of(&shown).map(|is_it| (standing, is_it || shown.is_empty()))
}

/// `POST /mijn/informatie/{item}/verberg`
pub(in super::super) async fn hide(InPath(item): InPath, posted: Posted) -> Response {
    act(&item, posted, Act::Hide).await
}

/// `POST /mijn/informatie/{item}/toon`
pub(in super::super) async fn show_again(InPath(item): InPath, posted: Posted) -> Response {
    match spoken_of(&item, &posted) {
        Some((_, true)) => act(&item, posted, Act::ShowAgain).await,
        Some((_, false)) => {
            let mut caller = posted.caller;
            caller.tell(caller.words.get("changed-meanwhile"));
            caller.go(BACK)
        }
        None => posted.refused(),
    }
}

/// `POST /mijn/informatie/{item}/langer`
pub(in super::super) async fn longer(InPath(item): InPath, posted: Posted) -> Response {
    let Some((standing, is_it)) = spoken_of(&item, &posted) else { return posted.refused() };
    // Pressed twice, or on a page that shows something else: it says how it stands.
    if let Some(standing) = standing.as_ref().filter(|_| !is_it) {
        let mut caller = posted.caller;
        let what = terms::inside(&name(caller.words, standing.item));
        let left = terms::left(&caller.dates(), standing.ends.into());
        caller.tell(caller.words.with("information-told-stands", &[("item", what.into()), ("left", left.into())]));
        return caller.go(BACK);
    }
    // What is not told any more, or ends with the visit or never, is not put off by a week: the engine, or the page, says so.
    let end = standing.and_then(|standing| if let Until::Moment(end) = standing.ends { Some(end) } else { None });
    // A device is not recognised for longer unless the button said so: the form asks.
    let outlasts = end.and_then(|end| device::week_more(&posted.caller, end)).is_some_and(|(_, outlasts)| outlasts);
    if outlasts && posted.get("device") != Some("yes") {
        return posted.caller.go(&format!("/mijn/informatie/{item}"));
    }
    act(&item, posted, Act::Longer(end)).await
}

/// `POST /mijn/informatie/{item}/weg`
pub(in super::super) async fn take_back(InPath(item): InPath, posted: Posted) -> Response {
    act(&item, posted, Act::TakeBack).await
}

async fn act(item: &str, posted: Posted, act: Act) -> Response {
    let hides = matches!(act, Act::Hide);
    let mut caller = posted.caller;
    let Some(item) = InformationItem::of(item) else { return problem(caller, StatusCode::NOT_FOUND, Problem::NotFound) };
    match done(&mut caller, item, act).await {
        Ok(told) => {
            caller.tell_choice(told);
            caller.go(BACK)
        }
        // The page was older than what it speaks of: it says how that stands now.
        Err(EngineError::Information(StateError::Hidden)) => {
            caller.tell(caller.words.with("information-told-still-hidden", &[("item", terms::inside(&name(caller.words, item)).into())]));
            caller.go(BACK)
        }
        // It was taken back meanwhile: nobody uses it, as was wished.
        Err(EngineError::Information(StateError::NotTold)) if hides => {
            caller.tell(caller.words.with("information-told-gone", &[("item", terms::inside(&name(caller.words, item)).into())]));
            caller.go(BACK)
        }
        Err(EngineError::Information(StateError::Restricted)) => {
            caller.tell(caller.words.get("longer-not"));
            caller.go(BACK)
        }
        Err(error) => refused(caller, &error),
    }
}

/// Does it, and says so.
async fn done(caller: &mut Caller, item: InformationItem, act: Act) -> Result<String, EngineError> {
    let (t, engine) = (caller.words, caller.site.engine.clone());
    // Who never told anything tells nothing of this either.
    let customer = caller.customer().ok_or(StateError::NotTold)?;
    let evidence = caller.evidence(METHOD);
    let what = terms::inside(&name(t, item));
    Ok(match act {
        Act::Hide => {
            engine.hide(customer, item, evidence).await?;
            t.with("information-told-hidden", &[("item", what.into())])
        }
        Act::ShowAgain => {
            engine.tell_again(customer, item, None, evidence).await?;
            t.with("information-told-shown", &[("item", what.into())])
        }
        Act::Longer(end) => {
            let standing = engine.information_item(customer, item)?;
            if standing.state == ToldState::Hidden {
                return Err(StateError::Hidden.into());
            }
            let week = end.and_then(|end| device::week_more(caller, end)).filter(|_| standing.state.is_used());
            let (Until::Moment(_), Some((at, outlasts))) = (standing.ends, week) else {
                return Err(StateError::Restricted.into());
            };
            // A device that tells something for longer is recognised for longer: else nobody could take it back.
            if outlasts {
                permit::remember(caller, customer, UntilWish::Moment(at), METHOD).await?;
            }
            engine.tell_again(customer, item, Some(UntilWish::Moment(at)), evidence).await?;
            t.with("information-told-longer", &[("item", what.into()), ("left", caller.dates().left(at).into())])
        }
        Act::TakeBack => {
            engine.take_back(customer, item, evidence).await?;
            device::tidy(caller, customer, METHOD).await?;
            t.with("information-told-gone", &[("item", what.into())])
        }
    })
}
