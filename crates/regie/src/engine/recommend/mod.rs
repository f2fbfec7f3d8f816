//! Recommendations. What may be used is decided first (`permit`). Then three lists are blended (`list`): what others had together with what
//! is in this visit (without a visit: with what the customer buys most, `habits`), what the customer buys again, and what sells. Then comes
//! variety, and newcomers get their places. Each item carries the customer's own events that spoke for it (`reasons`). A recommendation
//! is a use, and is recorded.

mod habits;
mod list;
mod permit;
mod reasons;

use std::cell::RefCell;
use std::sync::LazyLock;

use regie_domain::consent::{Decision, Ends, Reason, Use};
use regie_domain::ids::Handle;
use regie_domain::policy::{ChannelIx, RecipientIx};

use super::Engine;
use super::api::{Recommendations, Wish};
use super::decide::channel;
use super::error::EngineError;
use super::informed::Informed;
use super::rules::Rules;
use super::views::Views;
use super::views::profiles::Profile;
use list::{Making, Work};
use permit::{Grounds, Permitted, permit};
use smallvec::SmallVec;

/// The most items one answer holds.
pub(super) const LIMIT_MAX: usize = 100;
/// How many answers that used a permission for once up are kept for a retry.
const ONCE_ANSWERS_MAX: usize = 1000;

/// Answers, by whether they were personal; looked up once.
static RECOMMENDED: LazyLock<[metrics::Counter; 2]> =
    LazyLock::new(|| ["no", "yes"].map(|personal| metrics::counter!("regie_recommendations_total", "personal" => personal)));

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
}

/// An answer that used a permission for once up, kept for a retry, and where its customer stood: what was hidden or withdrawn since is in no
/// retry either.
#[derive(Debug, Clone)]
pub(super) struct OnceAnswer {
    answer: Recommendations,
    standing: Option<u64>,
}

/// What a permission for once does for this answer: used up by it, or, where the request is a retry, before it.
#[derive(Debug, Default)]
struct Once {
    /// Of purchases, browsing and sensitive purchases: those that it permits.
    permits: [bool; 3],
    /// It is used up by this very answer.
    used: bool,
    /// This request used it up before.
    retried: bool,
    /// The profile as it was before: using the permission up forgets it.
    profile: Option<Profile>,
}

impl Engine {
    /// Recommends. Never empty as long as the catalogue offers anything. Within 100 µs, under one read lock, and without waiting unless
    /// a permission for once is used up.
    ///
    /// # Errors
    /// [`EngineError::UnknownCustomer`], [`EngineError::UnknownId`] for the channel.
    pub async fn recommend(&self, wish: Wish) -> Result<Recommendations, EngineError> {
        let channel = channel(&self.shared.rules.policy, &wish.channel)?;
        let named = wish.customer.zip(wish.request.clone());
        let once = match &named {
            // In a box: the few that wait must not make all others carry the room for it.
            Some((customer, request)) => Box::pin(self.use_up(&wish, channel, *customer, request)).await?,
            None => Once::default(),
        };
        if once.retried
            && let Some(kept) = named.as_ref().and_then(|key| self.shared.once.lock().get(key).cloned())
            && kept.standing == wish.customer.and_then(|customer| self.standing(customer))
        {
            return Ok(kept.answer);
        }
        let answer = self.recommend_now(&wish, channel, &once)?;
        if once.used
            && let Some(key) = named
        {
            // Under the lock that an erasure takes to forget: kept after it, the answer would outlive its customer.
            let mut answers = self.shared.once.lock();
            let standing = self.standing(key.0);
            if standing.is_none() {
                return Ok(answer);
            }
            if answers.len() >= ONCE_ANSWERS_MAX {
                answers.clear();
            }
            answers.insert(key, OnceAnswer { answer: answer.clone(), standing });
        }
        RECOMMENDED[usize::from(answer.personal)].increment(1);
        Ok(answer)
    }

    /// Decides, recommends and records under one lock: what was permitted cannot end in between.
    fn recommend_now(&self, wish: &Wish, channel: ChannelIx, once: &Once) -> Result<Recommendations, EngineError> {
        let rules = &self.shared.rules;
        let settled = self.settled();
        let permitted = permit(&settled, rules, wish, channel, once)?;
        let profile = once.profile.as_ref();
        let answer = WORK.with_borrow_mut(|work| make(&settled, rules, wish, (&permitted, profile), settled.now.seconds32(), work))?;
        let profile = profile.or_else(|| settled.profiles.get(settled.customer(wish.customer?)?.at()));
        let uses: SmallVec<[Use; 3]> = permitted.uses.iter().copied().filter(|used| was_there(rules, wish, profile, used)).collect();
        self.record_uses(&settled, wish.customer, &uses, true);
        Ok(answer)
    }

    /// Uses a permission for once up, durably, if the answer would rest on one; finds whether this request did so before.
    async fn use_up(&self, wish: &Wish, channel: ChannelIx, customer: Handle, request: &str) -> Result<Once, EngineError> {
        let asked = &self.shared.rules.asked;
        let mut once = Once::default();
        for (at, category) in [asked.purchases, asked.browsing, asked.sensitive].into_iter().enumerate() {
            let (Some(purpose), Some(category)) = (asked.recommendations, category) else { continue };
            let (a_use, decision) = {
                let settled = self.settled();
                let record = settled.customer(customer).ok_or(EngineError::UnknownCustomer)?;
                let visit = wish.visit_id.as_deref().and_then(|id| settled.visit(record, id));
                let a_use = Use { purpose, category, recipient: RecipientIx(0), channel: Some(channel), visit };
                let decision = settled.decide(&self.shared.rules.policy, Some(record), &a_use);
                if matches!(decision, Decision::Allow { until: Ends::Once, .. }) {
                    let profile = settled.profiles.get(record.at());
                    // Nothing of the kind is there: the answer would rest on nothing, and the permission waits for one that does.
                    if !was_there(&self.shared.rules, wish, profile, &a_use) {
                        continue;
                    }
                    once.profile = profile.cloned();
                }
                (a_use, decision)
            };
            let is_used_up = decision == Decision::Deny(Reason::UsedUp);
            let is_once = matches!(decision, Decision::Allow { until: Ends::Once, .. });
            // Sensitive purchases alone are no reason to use it up: nothing would rest on them.
            if !is_used_up && (!is_once || Some(category) == asked.sensitive) {
                continue;
            }
            once.permits[at] = self.use_once(customer, &a_use, decision, Some(request)).await?.is_allow();
            once.used |= is_once && once.permits[at];
            once.retried |= is_used_up && once.permits[at] && !once.used;
        }
        Ok(once)
    }
}

/// Was there anything of this kind to use? A permission alone is no use: nobody is told that what does not exist was used.
fn was_there(rules: &Rules, wish: &Wish, profile: Option<&Profile>, used: &Use) -> bool {
    let asked = &rules.asked;
    let holds = |bought| profile.is_some_and(|profile| profile.holds(bought));
    match Some(used.category) {
        _ if Some(used.purpose) != asked.recommendations => true,
        category if category == asked.purchases => holds(true),
        category if category == asked.browsing => holds(false) || !wish.visit.is_empty(),
        _ => true,
    }
}

/// The list that is made of what a wish names, as if that were permitted; with sensitive items left out. For measuring by whoever
/// knows that it is: nobody is shown it, so nothing is recorded.
pub(super) fn made_for_measuring(views: &Views, rules: &Rules, wish: &Wish, now: u32) -> Result<Recommendations, EngineError> {
    let grounds = Some(Grounds { purpose: "".into(), category: "".into(), until: "".into() });
    let permitted =
        Permitted { purchases: grounds.clone(), browsing: grounds.clone(), visit: grounds, reason: "consent", ..Permitted::default() };
    WORK.with_borrow_mut(|work| make(views, rules, wish, (&permitted, None), now, work))
}

/// The list that purchases would make, were they permitted, or that there is without any; with what the customer told. See `difference.rs`,
/// which records the use.
pub(super) fn preview(
    views: &Views,
    rules: &Rules,
    wish: &Wish,
    bought: Option<&Profile>,
    informed: Informed,
    now: u32,
) -> Result<Recommendations, EngineError> {
    let name = |id: Option<&str>| id.unwrap_or_default().into();
    let (purpose, category) = (rules.asked.recommendations, rules.asked.purchases);
    let purchases = bought.map(|_| Grounds {
        purpose: name(purpose.map(|p| rules.policy.at(p).id.as_str())),
        category: name(category.and_then(|c| rules.policy.categories.get(usize::from(c.0))).map(|c| c.id.as_str())),
        until: "once".into(),
    });
    let permitted = Permitted { purchases, informed, reason: "consent", ..Permitted::default() };
    let nothing = Profile::default();
    WORK.with_borrow_mut(|work| make(views, rules, wish, (&permitted, Some(bought.unwrap_or(&nothing))), now, work))
}

/// Makes the list from what is permitted, and from the profile as it was where there is one.
fn make(
    views: &Views,
    rules: &Rules,
    wish: &Wish,
    (permitted, profile): (&Permitted, Option<&Profile>),
    now: u32,
    work: &mut Work,
) -> Result<Recommendations, EngineError> {
    let making = Making::new(views, &rules.settings, wish, (permitted, profile), now)?;
    making.find_own(work);
    making.find_going_with(work);
    making.blend(work);
    making.place(work);
    Ok(reasons::answer(&making, work))
}
