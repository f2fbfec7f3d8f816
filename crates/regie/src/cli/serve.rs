//! `regie serve --config FILE`: the same program for real use.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use clap::Args;
use regie_domain::policy::Policy;

use super::serve_until_stopped;
use crate::config::Config;
use crate::engine::mail::{CHANNEL, MAILER, RECEIPTS};
use crate::engine::{Engine, Options};
use crate::http::auth::Auth;
use crate::http::pages::{Site, portal};
use crate::http::{AppState, Starting, serve};
use crate::mail::{Post, Sender};

/// How often visits that ended without a word are looked for.
const IDLE_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration. Without one: the defaults for this machine alone and the environment, and nobody has a key.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The wall clock is right, although it stands far past the newest fact.
    #[arg(long)]
    confirm_time: bool,
}

pub(super) fn run(wanted: &Serve) -> anyhow::Result<()> {
    let config = match &wanted.config {
        Some(file) => Config::load(file)?,
        None => Config::from_environment()?,
    };
    let policy = config.policy_text()?;
    // Whether policy and configuration agree is known before the folder is touched: an adopted policy stays in the log.
    let auth = config.auth(&Policy::parse(&policy)?)?;
    let time_confirmed = wanted.confirm_time;
    serve_until_stopped(async move {
        let listener = tokio::net::TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
        let mut options = Options::new(&config.data, config.master_key()?, policy);
        options.time_confirmed = time_confirmed;
        options.recommend = Some(config.recommend.clone());
        options.origin =
            config.base_url.as_deref().and_then(|url| url.split_once("://")).map(|(_, at)| at.trim_end_matches('/').to_owned());
        tracing::info!(address = %listener.local_addr()?, data = %config.data.display(), "listening");
        let starting = Starting::new();
        let serving = tokio::spawn(serve(listener, starting.clone()));
        Ok((serving, prepare(config, auth, options, starting)))
    })
}

async fn prepare(config: Config, auth: Auth, options: Options, starting: Starting) -> anyhow::Result<()> {
    let engine = tokio::task::spawn_blocking(move || Engine::start(options, &mut |_, _| {})).await??;
    // Said once and needed until the end.
    let shop: Option<&'static str> = config.shop_url.clone().map(|url| &*Box::leak(url.into_boxed_str()));
    let site = Site::new(engine.clone(), config.secure_cookies(), shop)?;
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    let (records, sessions) = engine.sizes();
    tracing::info!(records, sessions, doubted = engine.is_time_doubted(), "ready");
    tokio::spawn(end_idle_visits(site.clone()));
    if let (Some(server), Some(base_url)) = (&config.mail, &config.base_url) {
        if !engine.policy_knows_mail() {
            bail!(
                "[mail] is configured, and the policy lacks the recipient `{MAILER}`, the channel `{CHANNEL}` or the purpose `{RECEIPTS}`"
            );
        }
        let post = Post::new(server).context("the mail server of [mail] cannot be used")?;
        site.offer_mail();
        tokio::spawn(Sender::new(engine.clone(), post, base_url.clone()).run());
    }
    let pages: Router = portal(site.clone());
    starting.ready(AppState::new(engine, auth, site, config.base_url), pages);
    Ok(())
}

/// Ends visits that ended without a word, for as long as the server runs.
pub(super) async fn end_idle_visits(site: std::sync::Arc<Site>) {
    loop {
        tokio::time::sleep(IDLE_EVERY).await;
        site.end_idle_visits().await;
    }
}
