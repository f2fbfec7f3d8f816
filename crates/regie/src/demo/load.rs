//! Fills a demo with the till's year: the catalogue, the households' consents by a declared rule, and every basket as an order.
//!
//! The data say nothing of consent, so the demo assigns it, by a rule that depends on nothing but the household's number, and
//! says so on its pages. Everything goes through the engine's own commands. Loading again after a crash repeats nothing:
//! consents are not given twice, and baskets carry message ids.

mod suits;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use regie_domain::collection::{Body, Dropped, EventBody, Incoming, Kind};
use regie_domain::consent::{ClaimedEvidence, UntilWish};
use regie_domain::fact::{Consenter, EventName, Identifier, IdentifierKind, Line, Order};
use regie_domain::time::Time;
use tokio::task::JoinSet;

use super::till::{self, Basket, Catalogue};
use crate::engine::api::{CatalogueItem, Give};
use crate::engine::settings::Section;
use crate::engine::{Engine, EngineError};

/// The source that the demo's orders come through.
pub const SOURCE: &str = "loyalty";
/// The numbering of the households.
pub const ID_SPACE: &str = "shop";
/// Orders in one command.
const CHUNK: usize = 500;
/// Commands under way at once.
const UNDER_WAY: usize = 4;
/// Items in one catalogue command.
const CATALOGUE_CHUNK: usize = 20_000;

/// Why the demo could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The till's files could not be read.
    #[error("the demo's data could not be read: {0}")]
    Till(#[from] till::TillError),
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A task did not come to its end.
    #[error("loading was interrupted")]
    Interrupted,
}

/// How the loading goes on: (baskets done, of all).
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// The consents that the rule gives a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// About 70% allow `recommendations`.
    pub recommendations: Option<UntilWish>,
    /// About 50% allow `model-improvement`.
    pub model_improvement: Option<UntilWish>,
}

/// The declared rule: seeded by the household's number alone. A tenth of the permissions are for a day, a week or a month.
pub fn assigned(household: u32) -> Assigned {
    let draw = |salt: u64| {
        // SplitMix64: a good enough die that is the same everywhere and for ever.
        let mut z = (u64::from(household) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(salt.wrapping_mul(0xbf58_476d_1ce4_e5b9));
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % 1000
    };
    let until = |salt| match draw(salt) {
        0..33 => UntilWish::Day,
        33..66 => UntilWish::Week,
        66..100 => UntilWish::Month,
        _ => UntilWish::Withdrawn,
    };
    Assigned { recommendations: (draw(1) < 700).then(|| until(2)), model_improvement: (draw(3) < 500).then(|| until(4)) }
}

/// A household as the shop's customer.
pub fn identifier(household: u32) -> Identifier {
    Identifier { space: ID_SPACE.into(), kind: IdentifierKind::User, value: household.to_string() }
}

/// How the demo recommends. A till's baskets have no order and households buy the same again, so all of a visit counts and nothing by
/// its place in it; chosen on the visit before each household's last. The till's brands are the grocer's own and all others: no groups.
pub fn recommend() -> Section {
    Section {
        max_items: Some(16),
        spw: Some(1.0),
        inh_after: Some(1.0),
        inh_before: Some(1.0),
        before: Some(1.0),
        next: Some(0.0),
        popular_weight: Some(0.1),
        variety_by_brand: Some(false),
        durable_departments: Some(["housewares", "toys", "photo-video", "electric-plumbing", "automotive"].map(String::from).into()),
        ..Section::default()
    }
}

/// Fills the engine. Returns by how many weeks the year was shifted.
///
/// # Errors
/// [`LoadError`]; what was loaded until then stays, and loading again completes it.
pub async fn load(engine: &Engine, progress: Progress<'_>) -> Result<i64, LoadError> {
    let catalogue = till::products()?;
    let weeks = weeks_for(engine.now());
    let (households, first_sold) = look_through(weeks)?;
    load_catalogue(engine, &catalogue, &first_sold).await?;
    load_consents(engine, &households).await?;
    let of = u64::from(till::BASKETS);
    let mut done = 0;
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut under_way = JoinSet::new();
    for basket in till::baskets()? {
        chunk.push(order(&catalogue, &basket?, weeks)?);
        if chunk.len() == CHUNK {
            send(engine, &mut under_way, std::mem::take(&mut chunk)).await?;
            done += CHUNK as u64;
            progress(done, of);
        }
    }
    send(engine, &mut under_way, chunk).await?;
    while let Some(sent) = under_way.join_next().await {
        sent.map_err(|_| LoadError::Interrupted)??;
    }
    progress(of, of);
    Ok(weeks)
}

/// By how many whole weeks the year is moved so that it ends at the latest yesterday.
pub fn weeks_for(now: Time) -> i64 {
    let today = now.to_jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    till::shift_weeks(till::LAST_DAY, today)
}

async fn send(engine: &Engine, under_way: &mut JoinSet<Result<(), EngineError>>, orders: Vec<Incoming>) -> Result<(), LoadError> {
    if under_way.len() >= UNDER_WAY
        && let Some(sent) = under_way.join_next().await
    {
        sent.map_err(|_| LoadError::Interrupted)??;
    }
    let engine = engine.clone();
    under_way.spawn(async move { engine.collect(SOURCE, orders).await.map(|_| ()) });
    Ok(())
}

/// The households, and by product the day on which it was first sold. The source does not say since when a product was to be had.
fn look_through(weeks: i64) -> Result<(BTreeSet<u32>, HashMap<u32, Date>), LoadError> {
    let (mut households, mut first_sold) = (BTreeSet::new(), HashMap::new());
    for basket in till::baskets()? {
        let basket = basket?;
        households.insert(basket.household);
        let at = Time::from_seconds(till::shifted(basket.at_seconds, weeks)?);
        let day = at.to_jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        for line in &basket.lines {
            let first = first_sold.entry(line.product).or_insert(day);
            *first = day.min(*first);
        }
    }
    Ok((households, first_sold))
}

async fn load_catalogue(engine: &Engine, catalogue: &Catalogue, first_sold: &HashMap<u32, Date>) -> Result<(), LoadError> {
    let items = (0u32..).zip(&catalogue.products).map(|(number, product)| item(catalogue, product, first_sold.get(&number).copied()));
    let items: Vec<CatalogueItem> = items.collect();
    for chunk in items.chunks(CATALOGUE_CHUNK) {
        engine.put_catalogue(chunk.to_vec()).await?;
    }
    Ok(())
}

fn item(catalogue: &Catalogue, product: &till::Product, on_sale_since: Option<Date>) -> CatalogueItem {
    CatalogueItem {
        item: product.id.clone(),
        names: BTreeMap::from([("en".to_owned(), product.name.clone())]),
        department: catalogue.departments.get(usize::from(product.department)).map(|d| d.id.clone()),
        brand: (!product.brand.is_empty()).then(|| product.brand.clone()),
        price_cents: Some(product.price_cents.into()),
        currency: Some("EUR".into()),
        stock: None,
        image: catalogue.shelves.get(usize::from(product.shelf)).map(|s| s.glyph.clone()),
        sensitive: product.sensitive,
        blocked: product.blocked,
        durable: None,
        on_sale_since,
        diets: suits::diets(catalogue, product),
        sizes: None,
        ages: suits::ages(catalogue, product),
    }
}

async fn load_consents(engine: &Engine, households: &BTreeSet<u32>) -> Result<(), LoadError> {
    let mut under_way: JoinSet<Result<(), EngineError>> = JoinSet::new();
    for &household in households {
        if under_way.len() >= 64
            && let Some(given) = under_way.join_next().await
        {
            given.map_err(|_| LoadError::Interrupted)??;
        }
        let engine = engine.clone();
        under_way.spawn(async move {
            let customer = engine.open_record(identifier(household), SOURCE).await?;
            let evidence = ClaimedEvidence {
                policy_version: None,
                language: Some("nl".into()),
                method: Some("demo-rule".into()),
                actor: Some("source".into()),
            };
            engine.state_consenter(customer, Consenter::Customer, Some(evidence.clone())).await?;
            let rule = assigned(household);
            let wishes = [("recommendations", rule.recommendations), ("model-improvement", rule.model_improvement)];
            for (purpose, until) in wishes {
                let Some(until) = until else { continue };
                let before = engine.consents(customer)?;
                if before.history.iter().any(|c| c.purpose == purpose) {
                    continue;
                }
                let give = Give {
                    purpose: purpose.into(),
                    until,
                    categories: None,
                    recipients: None,
                    channels: None,
                    visit: None,
                    evidence: Some(evidence.clone()),
                };
                engine.give(customer, give).await?;
            }
            Ok(())
        });
    }
    while let Some(given) = under_way.join_next().await {
        given.map_err(|_| LoadError::Interrupted)??;
    }
    Ok(())
}

fn order(catalogue: &Catalogue, basket: &Basket, weeks: i64) -> Result<Incoming, LoadError> {
    let lines: Vec<Line> = basket
        .lines
        .iter()
        .filter_map(|line| {
            let product = catalogue.products.get(line.product as usize)?;
            let quantity = u32::from(line.quantity).max(1);
            Some(Line { item: product.id.clone(), quantity, cents: Some(i64::from(line.cents / quantity)) })
        })
        .collect();
    let total: i64 = basket.lines.iter().map(|line| i64::from(line.cents)).sum();
    let number = basket.id.to_string();
    Ok(Incoming {
        message_id: Some(format!("basket-{number}")),
        kind: Kind::Track,
        user_id: Some(basket.household.to_string()),
        anonymous_id: None,
        previous_id: None,
        session: Some(number.clone()),
        happened_at: Time::from_seconds(till::shifted(basket.at_seconds, weeks)?),
        time_doubted: false,
        body: Body::Event(EventBody {
            name: EventName::OrderCompleted,
            lines,
            order: Some(Order { id: number, currency: Some("EUR".into()), total_cents: Some(total), ..Order::default() }),
            query: None,
            page: None,
            store: Some(basket.store.to_string()),
        }),
        consent_preferences: Vec::new(),
        dropped: Dropped::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_gives_what_it_declares() {
        let all: Vec<Assigned> = (1..=2500).map(assigned).collect();
        let share = |n: usize| n * 100 / all.len();
        let recommendations: Vec<UntilWish> = all.iter().filter_map(|a| a.recommendations).collect();
        let limited = recommendations.iter().filter(|u| **u != UntilWish::Withdrawn).count() * 100 / recommendations.len();
        assert!((67..=73).contains(&share(recommendations.len())), "{}", share(recommendations.len()));
        assert!((47..=53).contains(&share(all.iter().filter(|a| a.model_improvement.is_some()).count())));
        assert!((8..=12).contains(&limited), "{limited}");
        assert_eq!(assigned(7), assigned(7));
    }
}
