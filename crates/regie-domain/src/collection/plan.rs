//! The built-in collection plan: which events Regie knows, which fields of each it takes, and what kind of data each field is.
//!
//! Facts do not carry category and origin: they stand here, by event and field, so that access, export and deletion agree.
//! Invariant: a field that is not in [`PLAN`] or [`ATTRIBUTES`] is never in a fact. Left out: plans of a source's own (they come later).

use crate::fact::{EventName, Origin};
use crate::policy::FieldKind;

use super::limits;

use EventName::{OrderCompleted, OrderRefunded, PageViewed, ProductAdded, ProductRemoved, ProductViewed, ProductsSearched};

/// The part of an event that is kept or left out as one, because all of it is of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `lines`.
    Lines,
    /// `order`.
    Order,
    /// `query`.
    Query,
    /// `page`.
    Page,
    /// `store`.
    Store,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 5] = [Part::Lines, Part::Order, Part::Query, Part::Page, Part::Store];

    /// Its name in a fact.
    pub fn name(self) -> &'static str {
        match self {
            Part::Lines => "lines",
            Part::Order => "order",
            Part::Query => "query",
            Part::Page => "page",
            Part::Store => "store",
        }
    }
}

/// One field that the plan takes.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The events that have it.
    pub events: &'static [EventName],
    /// The part it belongs to.
    pub part: Part,
    /// Its name in a fact, dotted: `lines.item`.
    pub name: &'static str,
    /// Its names on the wire; the first one present counts.
    pub wire: &'static [&'static str],
    /// Category and origin.
    pub kind: FieldKind,
    /// The longest text, bytes; `None` for numbers.
    pub bytes_max: Option<usize>,
}

/// An attribute that the plan takes.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// Its name in a fact.
    pub name: &'static str,
    /// Its names on the wire, inside `traits`.
    pub wire: &'static [&'static str],
    /// Category and origin.
    pub kind: FieldKind,
}

const BROWSING: FieldKind = FieldKind { category: "browsing", origin: Origin::Observed };
const PURCHASES: FieldKind = FieldKind { category: "purchases", origin: Origin::Observed };
const COARSE_LOCATION: FieldKind = FieldKind { category: "coarse-location", origin: Origin::Observed };
const CONTACT: FieldKind = FieldKind { category: "contact", origin: Origin::Provided };

const PRODUCTS: &[EventName] = &[ProductViewed, ProductAdded, ProductRemoved];
const ORDERS: &[EventName] = &[OrderCompleted, OrderRefunded];
const ID: Option<usize> = Some(limits::ID_BYTES_MAX);

const fn field(
    events: &'static [EventName],
    part: Part,
    name: &'static str,
    wire: &'static [&'static str],
    kind: FieldKind,
    bytes_max: Option<usize>,
) -> Field {
    Field { events, part, name, wire, kind, bytes_max }
}

/// Every field of every event that Regie knows. The names on the wire are inside `properties`.
#[rustfmt::skip]
pub static PLAN: &[Field] = &[
    field(&[PageViewed], Part::Page, "page", &["name"], BROWSING, Some(limits::PAGE_BYTES_MAX)),
    field(&[ProductsSearched], Part::Query, "query", &["query"], BROWSING, Some(limits::QUERY_BYTES_MAX)),
    field(PRODUCTS, Part::Lines, "lines.item", &["product_id", "sku", "item"], BROWSING, ID),
    field(PRODUCTS, Part::Lines, "lines.quantity", &["quantity"], BROWSING, None),
    field(PRODUCTS, Part::Lines, "lines.cents", &["price"], BROWSING, None),
    field(ORDERS, Part::Lines, "lines.item", &["products[].product_id", "products[].sku", "products[].item"], PURCHASES, ID),
    field(ORDERS, Part::Lines, "lines.quantity", &["products[].quantity"], PURCHASES, None),
    field(ORDERS, Part::Lines, "lines.cents", &["products[].price"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.id", &["order_id"], PURCHASES, ID),
    field(ORDERS, Part::Order, "order.currency", &["currency"], PURCHASES, Some(3)),
    field(ORDERS, Part::Order, "order.total_cents", &["total"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.revenue_cents", &["revenue"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.tax_cents", &["tax"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.shipping_cents", &["shipping"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.discount_cents", &["discount"], PURCHASES, None),
    field(ORDERS, Part::Order, "order.coupon", &["coupon"], PURCHASES, ID),
    field(ORDERS, Part::Store, "store", &["store_id", "store", "shop_id"], COARSE_LOCATION, ID),
];

/// Every attribute that Regie takes from an `identify`. A birth date is not among them: rule 8 asks "16 or older?" instead.
#[rustfmt::skip]
pub static ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "email", wire: &["email"], kind: CONTACT },
    Attribute { name: "phone", wire: &["phone"], kind: CONTACT },
    Attribute { name: "name", wire: &["name"], kind: CONTACT },
    Attribute { name: "firstName", wire: &["firstName", "first_name", "firstname"], kind: CONTACT },
    Attribute { name: "lastName", wire: &["lastName", "last_name", "lastname"], kind: CONTACT },
    Attribute { name: "address.street", wire: &["address.street"], kind: CONTACT },
    Attribute { name: "address.city", wire: &["address.city"], kind: CONTACT },
    Attribute { name: "address.state", wire: &["address.state"], kind: CONTACT },
    Attribute { name: "address.postalCode", wire: &["address.postalCode", "address.postal_code", "address.zip"], kind: CONTACT },
    Attribute { name: "address.country", wire: &["address.country"], kind: CONTACT },
];

/// What sources call the events that Regie knows. A click on a product in a list is a look at it.
static NAMES: &[(&str, EventName)] = &[
    ("Product Viewed", ProductViewed),
    ("Product Clicked", ProductViewed),
    ("Product Added", ProductAdded),
    ("Product Removed", ProductRemoved),
    ("Products Searched", ProductsSearched),
    ("Order Completed", OrderCompleted),
    ("Order Refunded", OrderRefunded),
];

/// The event that a `track` calls `name`: Segment's e-commerce names, capitals aside. `None` means: counted, not kept.
pub fn event_named(name: &str) -> Option<EventName> {
    let name = name.trim();
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|&(_, event)| event)
}

/// Category and origin of a part of an event; `None` if the event has no such part.
pub fn part_kind(event: EventName, part: Part) -> Option<FieldKind> {
    PLAN.iter().find(|f| f.part == part && f.events.contains(&event)).map(|f| f.kind)
}

/// Category and origin of a field of an event, by its name in a fact: `lines`, `lines.item`, `order.total_cents`, `store` …
/// `None` for what the plan does not know, and for the frame that every event has (id, source, visit, times).
pub fn field_kind(event: EventName, field: &str) -> Option<FieldKind> {
    PLAN.iter().find(|f| f.events.contains(&event) && (f.name == field || f.part.name() == field)).map(|f| f.kind)
}

/// Category and origin of an attribute, by its name in a fact.
pub fn attribute_kind(name: &str) -> Option<FieldKind> {
    ATTRIBUTES.iter().find(|a| a.name == name).map(|a| a.kind)
}

/// The category without which an event says nothing: if it may not be kept, the event is not.
pub fn essential_category(event: EventName) -> &'static str {
    if event.is_purchase() { PURCHASES.category } else { BROWSING.category }
}
