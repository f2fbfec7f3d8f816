//! One tap each: hide, show again, a week longer, take back.

use axum::http::StatusCode;
use axum::response::Response;
use regie_domain::consent::UntilWish;
use regie_domain::fact::Until;
use regie_domain::information::{InformationItem, StateError, ToldState};

use super::super::{device, permit, terms};
use super::{name, on_card};
use crate::engine::EngineError;
use crate::http::pages::asked::InPath;
use crate::http::pages::caller::Caller;
use crate::http::pages::form::Posted;
use crate::http::pages::problem::{Problem, problem, refused};

const BACK: &str = "/mijn/informatie";
const METHOD: &str = "portal";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Hide,
    ShowAgain,
    Longer,
    TakeBack,
    /// Pressed on a page that shows something else than what stands: it says how that stands.
    Nothing,
}

/// Is the form about what stands now? Of what is not told any more it is the engine that says so.
fn speaks_of_it(item: &str, posted: &Posted) -> Option<bool> {
    let caller = &posted.caller;
    let standing = |customer| caller.site.engine.information_item(customer, InformationItem::of(item)?).ok();
    let shown = caller.customer().and_then(standing).map_or_else(String::new, |told| on_card(&told));
    posted.speaks_of(&shown).map(|is_it| is_it || shown.is_empty())
}

/// `POST /mijn/informatie/{item}/verberg`
pub(in super::super) async fn hide(InPath(item): InPath, posted: Posted) -> Response {
    act(&item, posted, Act::Hide).await
}

/// `POST /mijn/informatie/{item}/toon`
pub(in super::super) async fn show_again(InPath(item): InPath, posted: Posted) -> Response {
    match speaks_of_it(&item, &posted) {
        Some(false) => {
            let mut caller = posted.caller;
            caller.tell(caller.words.get("changed-meanwhile"));
            caller.go(BACK)
        }
        Some(true) => act(&item, posted, Act::ShowAgain).await,
        None => posted.refused(),
    }
}

/// `POST /mijn/informatie/{item}/langer`
pub(in super::super) async fn longer(InPath(item): InPath, posted: Posted) -> Response {
    let Some(is_it) = speaks_of_it(&item, &posted) else { return posted.refused() };
    // A device is not recognised for longer unless the button said so: the form asks.
    let asks = |item: InformationItem| {
        let standing = posted.caller.site.engine.information_item(posted.caller.customer()?, item).ok()?;
        let Until::Moment(end) = standing.ends else { return None };
        let outlasts = device::week_more(&posted.caller, end).is_some_and(|(_, outlasts)| outlasts);
        (outlasts && posted.get("device") != Some("yes")).then(|| format!("/mijn/informatie/{}", item.id()))
    };
    match InformationItem::of(&item).and_then(asks) {
        Some(form) => posted.caller.go(&form),
        None => act(&item, posted, if is_it { Act::Longer } else { Act::Nothing }).await,
    }
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
        Act::Longer | Act::Nothing => {
            let standing = engine.information_item(customer, item)?;
            if standing.state == ToldState::Hidden {
                return Err(StateError::Hidden.into());
            }
            // What ends with the visit, or never, is not put off by a week.
            let Until::Moment(mut end) = standing.ends else { return Err(StateError::Restricted.into()) };
            if !standing.state.is_used() {
                return Err(StateError::Restricted.into());
            }
            // Pressed twice: it says how it stands.
            if act == Act::Longer
                && let Some((at, outlasts)) = device::week_more(caller, end)
            {
                // A device that tells something for longer is recognised for longer: else nobody could take it back.
                if outlasts {
                    permit::remember(caller, customer, UntilWish::Moment(at), METHOD).await?;
                }
                engine.tell_again(customer, item, Some(UntilWish::Moment(at)), evidence).await?;
                end = at;
            }
            t.with("information-told-longer", &[("item", what.into()), ("left", caller.dates().left(end).into())])
        }
        Act::TakeBack => {
            engine.take_back(customer, item, evidence).await?;
            device::tidy(caller, customer, METHOD).await?;
            t.with("information-told-gone", &[("item", what.into())])
        }
    })
}
