//! The register as a table: RFC 4180, a row for each purpose and category.

use regie_domain::policy::{Category, Purpose};

use super::words::retention_code;
use super::{Register, article};

const HEADS: [&str; 17] = [
    "purpose",
    "purpose_name",
    "basis",
    "article",
    "category",
    "category_name",
    "special",
    "retention",
    "recipients",
    "countries",
    "transfers",
    "channels",
    "kept",
    "used_allowed",
    "used_denied",
    "disclosed",
    "differences",
];

pub(super) fn write(register: &Register<'_>) -> Result<Vec<u8>, csv::Error> {
    let p = register.policy;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(HEADS)?;
    for purpose in &p.purposes {
        for category in purpose.categories.iter().filter_map(|c| p.categories.get(usize::from(c.0))) {
            table.write_record(row(register, purpose, category).map(|field| plain(&field)))?;
        }
    }
    table.into_inner().map_err(|e| e.into_error().into())
}

fn row(register: &Register<'_>, purpose: &Purpose, category: &Category) -> [String; 17] {
    let (p, tag) = (register.policy, register.t.language.tag());
    let recipients: Vec<_> = purpose.recipients.iter().filter_map(|r| p.recipients.get(usize::from(r.0))).collect();
    let mut countries: Vec<&str> = recipients.iter().map(|r| r.country.as_str()).collect();
    countries.sort_unstable();
    countries.dedup();
    let ids: Vec<&str> = recipients.iter().map(|r| r.id.as_str()).collect();
    let transfers: Vec<String> = recipients.iter().filter_map(|r| Some(format!("{}: {}", r.id, r.transfer.as_ref()?))).collect();
    let channels: Vec<&str> = purpose.channels.iter().filter_map(|c| p.channels.get(usize::from(c.0))).map(|c| c.id.as_str()).collect();
    let ix = p.category(&category.id);
    let retention = ix.and_then(|c| purpose.retention.get(usize::from(c.0)).copied().flatten()).map(retention_code);
    let used = register.seen.map(|seen| seen.used(|pu, c, _| pu == purpose.id && c == category.id));
    let kept = register.seen.map(|seen| seen.kept.get(&category.id).map_or(0, |k| k.count));
    let about = |d: &&super::Difference| match d.what {
        "purpose" => d.id == purpose.id,
        "category" => d.id == category.id,
        _ => ids.contains(&d.id.as_str()),
    };
    let differences: Vec<String> = register.differences.iter().filter(about).map(|d| format!("{}: {}", d.code, d.id)).collect();
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    [
        purpose.id.clone(),
        purpose.name.get(tag).to_owned(),
        purpose.basis.code().to_owned(),
        article(purpose.basis).to_owned(),
        category.id.clone(),
        category.name.get(tag).to_owned(),
        if category.special { "yes" } else { "no" }.to_owned(),
        retention.unwrap_or_default(),
        ids.join("; "),
        countries.join("; "),
        transfers.join("; "),
        channels.join("; "),
        number(kept),
        number(used.map(|u| u.allowed)),
        number(used.map(|u| u.denied)),
        number(used.map(|u| u.disclosed)),
        differences.join("; "),
    ]
}

/// A text that a spreadsheet would take for a formula begins with an apostrophe.
fn plain(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_field_is_a_formula() {
        for (field, written) in [("plain", "plain"), ("=1+1", "'=1+1"), ("@x", "'@x"), ("", "")] {
            assert_eq!(plain(field), written);
        }
    }
}
