//! `regie demo`: everything at once, with no other set-up: an embedded store, a shop, a year of a real till.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use regie_store::MasterKey;

use super::{bar, serve_until_stopped};
use crate::demo::{load, shop};
use crate::engine::{Engine, Options, hex, random};
use crate::http::auth::{ApiKey, Auth, KeyHash, Scope, SourceKeys};
use crate::http::pages::{Site, portal};
use crate::http::{AppState, Starting, serve};

/// What the demo's shop writes with.
const WRITE_KEY: &str = "demo";
/// What code on a page writes with.
const BROWSER_KEY: &str = "demo-web";
/// Pages of this machine may send events, whatever their port.
const ORIGINS: [&str; 2] = ["http://127.0.0.1:*", "http://localhost:*"];
/// Households with a year worth looking at.
const HOUSEHOLDS: [u32; 3] = [1000, 1935, 2124];
/// How long the printed links work: somebody who starts a demo reads before clicking.
const LINK_SECONDS: i64 = 24 * 3600;
/// The note that says that the year is loaded.
const LOADED: &str = "demo/loaded";

#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Where to listen. Only addresses of this machine: the demo's keys are known to all.
    #[arg(long, default_value = "127.0.0.1:7070")]
    listen: SocketAddr,
    /// The data folder; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    data: PathBuf,
    /// Start empty: no catalogue, no customers.
    #[arg(long)]
    no_load: bool,
    /// The key for the API; made and printed if not given.
    #[arg(long, env = "REGIE_API_KEY", hide_env_values = true, hide = true)]
    api_key: Option<String>,
}

pub(super) fn run(demo: Demo) -> anyhow::Result<()> {
    if !demo.listen.ip().is_loopback() {
        bail!("the demo listens on this machine only, because everyone knows its keys; use `regie serve` for {}", demo.listen);
    }
    let api_key = match demo.api_key.clone().filter(|key| !key.is_empty()) {
        Some(key) => key,
        None => hex(&random::<16>()?),
    };
    serve_until_stopped(async move {
        let listener = tokio::net::TcpListener::bind(demo.listen).await.with_context(|| format!("cannot listen on {}", demo.listen))?;
        let address = listener.local_addr()?;
        tracing::info!(%address, data = %demo.data.display(), "listening");
        let master = MasterKey::load_or_generate_in(&demo.data)?;
        let starting = Starting::new();
        let serving = tokio::spawn(serve(listener, starting.clone()));
        Ok((serving, prepare(demo, api_key, format!("http://{address}"), master, starting)))
    })
}

async fn prepare(demo: Demo, api_key: String, base_url: String, master: MasterKey, starting: Starting) -> anyhow::Result<()> {
    let data = demo.data.clone();
    let engine = tokio::task::spawn_blocking(move || start(&data, master)).await??;
    if !demo.no_load && engine.note(LOADED)?.is_none() {
        let progress = bar("Loading a year of a till");
        let weeks = load::load(&engine, &mut |done, of| {
            progress.set_length(of);
            progress.set_position(done);
        })
        .await?;
        engine.set_note(LOADED, weeks.to_string().as_bytes())?;
        progress.finish_and_clear();
    }
    let site = Site::new(engine.clone(), false, Some("/winkel"))?;
    let auth = Auth::new(sources(), vec![all_scopes(&api_key)], &engine.policy())?;
    let pages = portal(site.clone()).merge(shop::shop(site.clone())?);
    greet(&engine, &site, &base_url, &api_key, &demo)?;
    tokio::spawn(super::serve::end_idle_visits(site.clone()));
    starting.ready(AppState::new(engine, auth, site, Some(base_url)), pages);
    Ok(())
}

fn start(data: &std::path::Path, master: MasterKey) -> anyhow::Result<Engine> {
    let progress = bar("Reading the log");
    let mut options = Options::new(data, master, crate::BUILT_IN_POLICY.to_owned());
    // Nobody operates a demo: a machine that slept for a month must not wait for a word.
    options.time_confirmed = true;
    options.recommend = Some(load::recommend());
    let engine = Engine::start(options, &mut |done, of| {
        progress.set_length(of);
        progress.set_position(done);
    })?;
    progress.finish_and_clear();
    Ok(engine)
}

fn sources() -> Vec<SourceKeys> {
    let source =
        |id: &str, key: &str| SourceKeys { source: id.into(), keys: vec![KeyHash::of(key)], origins: ORIGINS.map(String::from).to_vec() };
    vec![source("shop", WRITE_KEY), source("web", BROWSER_KEY)]
}

fn all_scopes(key: &str) -> ApiKey {
    ApiKey { name: "demo".into(), key: KeyHash::of(key), scopes: Scope::ALL.into_iter().collect(), id_space: load::ID_SPACE.into() }
}

fn greet(engine: &Engine, site: &Site, base_url: &str, api_key: &str, demo: &Demo) -> anyhow::Result<()> {
    let (customers, sessions) = engine.sizes();
    println!("\nRegie demo, {customers} records, {sessions} learned baskets, data in {}", demo.data.display());
    println!("  Shop (winkel)        {base_url}/winkel");
    println!("  My data (portal)     {base_url}/mijn");
    for household in HOUSEHOLDS {
        if let Some(customer) = engine.lookup(&load::identifier(household)) {
            let link = site.portal_link(customer, None, LINK_SECONDS)?;
            println!("  Log in as nr. {household:<6} {base_url}{}", link.path);
        }
    }
    println!("  API                  {base_url}/openapi.json   write key: {WRITE_KEY}   Authorization: Bearer {api_key}");
    println!("Stop with ctrl-c.\n");
    Ok(())
}
