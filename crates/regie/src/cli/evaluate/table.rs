//! Answers for people: a few lines, each figure with what it means.

use std::collections::BTreeMap;
use std::fmt::Write;

use regie_recommend::evaluate::baskets::BasketReport;
use regie_recommend::evaluate::report::{ParameterList, Percentiles, Report, Train};
use regie_recommend::tune::Tuned;

use crate::engine::audit::forgetting::Forgetting;
use crate::engine::audit::groups::Group;

const CLICKS: [(&str, &str); 7] = [
    ("HR", "the next item is in the list"),
    ("MRR", "one by its place there"),
    ("Precision", "share of the list that the visit still comes to"),
    ("Recall", "share of what the visit still comes to that is in the list"),
    ("NDCG", "the same by place"),
    ("Coverage", "share of all items that are ever recommended"),
    ("Popularity", "of what is recommended; the most popular item has 1"),
];
const BASKETS: [(&str, &str); 3] = [
    ("Recall", "share of the next basket that is in the list"),
    ("NDCG", "the same by place"),
    ("PHR", "share of customers of whom anything is"),
];

/// Every answer is made of lines; writing into text cannot fail.
fn line(into: &mut String, text: std::fmt::Arguments<'_>) {
    let _never = writeln!(into, "{text}");
}

/// `other` is the same with the current item allowed, or not.
pub(super) fn clicks(report: &Report, other: &Report, n: usize, tuned: Option<&Tuned>) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}: {}", report.algorithm, parameters(&report.parameters)));
    if let Some(tuned) = tuned {
        line(&mut out, format_args!("  found on {} newest sessions of the training file", thousands(tuned.validation)));
    }
    learned(&mut out, "sessions", &report.train);
    asked(&mut out, report.predictions, report.predictions_per_second, report.latency_us, report.memory_bytes);
    line(&mut out, format_args!(""));
    metrics(&mut out, &report.metrics, n, &CLICKS);
    let of = |report: &Report, name: &str| report.metrics.get(name).copied().unwrap_or_default();
    let rate = of(report, "repeat_rate");
    line(&mut out, format_args!("  {:<14} {rate:.4}  share of steps whose next item is the current one", "repeats"));
    let (hit_rate, mrr) = (of(other, &format!("HR@{n}")), of(other, &format!("MRR@{n}")));
    let how = if other.parameters.repeat_current { "recommended too" } else { "left out" };
    line(&mut out, format_args!("\nwith the current item {how}: HR@{n} {hit_rate:.4}, MRR@{n} {mrr:.4}"));
    out
}

pub(super) fn baskets(report: &BasketReport, lengths: &[usize]) -> String {
    let mut out = String::new();
    let all = serde_json::to_value(report.parameters).unwrap_or_default();
    line(&mut out, format_args!("{}: {}", report.algorithm, listed(&all)));
    learned(&mut out, "baskets", &report.train);
    line(&mut out, format_args!("  of {} customers", thousands(report.customers)));
    asked(&mut out, report.predictions, report.predictions_per_second, report.latency_us, report.memory_bytes);
    for &n in lengths {
        line(&mut out, format_args!(""));
        metrics(&mut out, &report.metrics, n, &BASKETS);
    }
    out
}

/// The section for the configuration.
pub(super) fn found(tuned: &Tuned, list: &ParameterList, n: usize) -> String {
    let mut out = String::new();
    let against = |value: f64, vmis: f64| 100.0 * (value / vmis - 1.0);
    let (hit_rate, mrr) = (against(tuned.hit_rate, tuned.vmis_hit_rate), against(tuned.mrr, tuned.vmis_mrr));
    line(
        &mut out,
        format_args!("# Found on the newest {} of {} sessions:", thousands(tuned.validation), thousands(tuned.train + tuned.validation)),
    );
    line(
        &mut out,
        format_args!("# HR@{n} {:.4} ({hit_rate:+.1}% against vmis as published), MRR@{n} {:.4} ({mrr:+.1}%).", tuned.hit_rate, tuned.mrr),
    );
    line(&mut out, format_args!("[recommend]"));
    line(&mut out, format_args!("algorithm = \"{}\"", tuned.parameters.algorithm.name()));
    for (name, value) in serde_json::to_value(list).ok().as_ref().and_then(|v| v.as_object()).into_iter().flatten() {
        line(&mut out, format_args!("{name} = {value}"));
    }
    out
}

pub(super) fn forgetting(found: &Forgetting) -> String {
    let mut out = String::new();
    let teach = thousands(found.customers);
    line(
        &mut out,
        format_args!(
            "{teach} customers teach others, with {} sessions; {} facts were read",
            thousands(found.sessions),
            thousands(usize::try_from(found.facts).unwrap_or(usize::MAX))
        ),
    );
    let Percentiles { p50, p90, p99 } = found.forget_us;
    line(&mut out, format_args!("{} of them forgotten, each in p50 {p50:.0}, p90 {p90:.0}, p99 {p99:.0} µs\n", thousands(found.forgotten)));
    line(
        &mut out,
        format_args!(
            "  {:>9}  {:>9}  {:<19}  {:<19}  {}",
            "forgotten", "sessions", "the model's digest", "built without them", "equal answers"
        ),
    );
    for check in &found.checks {
        let short = |digest: &str| digest.chars().take(16).collect::<String>();
        let verdict = if check.is_equal() { "" } else { "  DIFFERS" };
        line(
            &mut out,
            format_args!(
                "  {:>9}  {:>9}  {:<19}  {:<19}  {} of {}{verdict}",
                thousands(check.forgotten),
                thousands(check.sessions),
                short(&check.digest),
                short(&check.rebuilt_digest),
                thousands(check.predictions - check.differing),
                thousands(check.predictions)
            ),
        );
    }
    out
}

pub(super) fn groups(groups: &[Group]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("What a customer's last visit held, asked with half of it; lists of 20\n"));
    line(
        &mut out,
        format_args!(
            "  {:<20}{:>8}{:>11}{:>10}{:>10}{:>10}{:>10}{:>8}",
            "group", "asked", "Recall@20", "NDCG@20", "PHR@20", "personal", "shortest", "broken"
        ),
    );
    for Group { group, asked, personal, metrics, shortest, broken } in groups {
        let of = |name: &str| metrics.get(name).copied().unwrap_or_default();
        let (recall, ndcg, phr) = (of("Recall@20"), of("NDCG@20"), of("PHR@20"));
        line(
            &mut out,
            format_args!(
                "  {group:<20}{:>8}{recall:>11.4}{ndcg:>10.4}{phr:>10.4}{personal:>10.2}{shortest:>10}{broken:>8}",
                thousands(*asked)
            ),
        );
    }
    out
}

fn parameters(list: &ParameterList) -> String {
    listed(&serde_json::to_value(list).unwrap_or_default())
}

fn listed(all: &serde_json::Value) -> String {
    let all = all.as_object().into_iter().flatten();
    all.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

fn learned(out: &mut String, what: &str, train: &Train) {
    let Train { sessions, events, items, build_seconds } = *train;
    line(
        out,
        format_args!(
            "  learned {} {what}, {} events, {} items in {build_seconds:.3} s",
            thousands(sessions),
            thousands(events),
            thousands(items)
        ),
    );
}

fn asked(out: &mut String, predictions: usize, per_second: f64, Percentiles { p50, p90, p99 }: Percentiles, memory: usize) {
    let megabytes = memory as f64 / 1e6;
    line(
        out,
        format_args!(
            "  asked {} times, {per_second:.0} a second on one thread; p50 {p50:.1}, p90 {p90:.1}, p99 {p99:.1} µs; {megabytes:.1} MB",
            thousands(predictions)
        ),
    );
}

fn metrics(out: &mut String, found: &BTreeMap<String, f64>, n: usize, known: &[(&str, &str)]) {
    for (name, meaning) in known {
        let name = format!("{name}@{n}");
        if let Some(value) = found.get(&name) {
            line(out, format_args!("  {name:<14} {value:.4}  {meaning}"));
        }
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn numbers_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }
}
