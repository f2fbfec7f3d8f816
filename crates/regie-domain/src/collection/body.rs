//! From `properties` and `traits` to what the collection plan takes of them.
//!
//! A reader takes the fields that its event has and leaves the others standing; what stands at the end is counted as left out.
//! So a field that the plan knows for orders is left out of a page view, like one that nobody knows.

use serde::de::MapAccess;

use super::error::EventError;
use super::incoming::{Body, Dropped, EventBody};
use super::json::{Lenient, List, Object, Scalar, skip};
use super::limits;
use super::money;
use super::plan::{ATTRIBUTES, Attribute, event_named};
use crate::fact::{EventName, Line, Order};

/// `properties` on the wire: the fields of all events that the plan knows.
#[derive(Default)]
pub(super) struct Properties<'a> {
    /// Here in clients that have no `context.sessionId`. Part of the envelope: never counted.
    pub(super) session: Scalar<'a>,
    one: WireLine<'a>,
    products: Lenient<Products<'a>>,
    name: Scalar<'a>,
    query: Scalar<'a>,
    order_id: Scalar<'a>,
    currency: Scalar<'a>,
    total: Scalar<'a>,
    revenue: Scalar<'a>,
    tax: Scalar<'a>,
    shipping: Scalar<'a>,
    discount: Scalar<'a>,
    coupon: Scalar<'a>,
    store_id: Scalar<'a>,
    store: Scalar<'a>,
    shop_id: Scalar<'a>,
    unknown: u32,
}

type Products<'a> = List<Lenient<WireLine<'a>>, { limits::LINES_MAX }>;

impl<'de> Object<'de> for Properties<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "session_id" | "sessionId" => self.session = map.next_value()?,
            "products" => self.products = map.next_value()?,
            "name" => self.name = map.next_value()?,
            "query" => self.query = map.next_value()?,
            "order_id" => self.order_id = map.next_value()?,
            "currency" => self.currency = map.next_value()?,
            "total" => self.total = map.next_value()?,
            "revenue" => self.revenue = map.next_value()?,
            "tax" => self.tax = map.next_value()?,
            "shipping" => self.shipping = map.next_value()?,
            "discount" => self.discount = map.next_value()?,
            "coupon" => self.coupon = map.next_value()?,
            "store_id" => self.store_id = map.next_value()?,
            "store" => self.store = map.next_value()?,
            "shop_id" => self.shop_id = map.next_value()?,
            "product_id" | "sku" | "item" | "quantity" | "price" => self.one.field(key, map)?,
            _ => {
                skip(map)?;
                self.unknown += 1;
            }
        }
        Ok(())
    }
}

impl Properties<'_> {
    /// How many fields nobody took.
    fn left(&self) -> u32 {
        let fields = [
            &self.name,
            &self.query,
            &self.order_id,
            &self.currency,
            &self.total,
            &self.revenue,
            &self.tax,
            &self.shipping,
            &self.discount,
            &self.coupon,
            &self.store_id,
            &self.store,
            &self.shop_id,
        ];
        self.unknown + self.one.left() + u32::from(!self.products.is_absent()) + present(&fields)
    }
}

/// One item of an event on the wire.
#[derive(Default)]
struct WireLine<'a> {
    product_id: Scalar<'a>,
    sku: Scalar<'a>,
    item: Scalar<'a>,
    quantity: Scalar<'a>,
    price: Scalar<'a>,
    unknown: u32,
}

impl<'de> Object<'de> for WireLine<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "product_id" => self.product_id = map.next_value()?,
            "sku" => self.sku = map.next_value()?,
            "item" => self.item = map.next_value()?,
            "quantity" => self.quantity = map.next_value()?,
            "price" => self.price = map.next_value()?,
            _ => {
                skip(map)?;
                self.unknown += 1;
            }
        }
        Ok(())
    }
}

/// What the fields of a line are called where an error names them.
struct LineNames {
    product_id: &'static str,
    sku: &'static str,
    item: &'static str,
    quantity: &'static str,
    price: &'static str,
}

const OF_EVENT: LineNames = LineNames {
    product_id: "properties.product_id",
    sku: "properties.sku",
    item: "properties.item",
    quantity: "properties.quantity",
    price: "properties.price",
};

const OF_ORDER: LineNames = LineNames {
    product_id: "properties.products[].product_id",
    sku: "properties.products[].sku",
    item: "properties.products[].item",
    quantity: "properties.products[].quantity",
    price: "properties.products[].price",
};

impl WireLine<'_> {
    fn left(&self) -> u32 {
        self.unknown + present(&[&self.product_id, &self.sku, &self.item, &self.quantity, &self.price])
    }

    /// The line, or `None` if it names no item or no piece of it (a void on a till slip).
    ///
    /// Pieces are whole. What is sold by weight or length (0.354 at 12.00) is one piece at what it cost (4.25), so that the
    /// amount stays right.
    fn line(&mut self, names: &LineNames) -> Result<Option<Line>, EventError> {
        let item = match self.product_id.take().id(names.product_id)? {
            Some(item) => Some(item),
            None => match self.sku.take().id(names.sku)? {
                Some(item) => Some(item),
                None => self.item.take().id(names.item)?,
            },
        };
        let cents = self.price.take().cents(names.price)?;
        let millionths = self.quantity.take().millionths(names.quantity)?.unwrap_or(1_000_000);
        let Some(item) = item.filter(|_| millionths > 0) else { return Ok(None) };
        let wrong = EventError::NumberWrong { field: names.quantity };
        if millionths % 1_000_000 == 0 {
            let quantity = u32::try_from(millionths / 1_000_000).map_err(|_| wrong)?;
            return if quantity <= limits::QUANTITY_MAX { Ok(Some(Line { item, quantity, cents })) } else { Err(wrong) };
        }
        let cents = cents.map(|each| money::times(each, millionths).ok_or(wrong)).transpose()?;
        Ok(Some(Line { item, quantity: 1, cents }))
    }
}

fn present(fields: &[&Scalar<'_>]) -> u32 {
    fields.iter().map(|field| u32::from(!field.is_absent())).sum()
}

/// The body of a `page`. Only a name is taken, and only if it is one: never an address or a path.
pub(super) fn page(name: Scalar<'_>, properties: &mut Properties<'_>, dropped: &mut Dropped) -> Result<Body, EventError> {
    // Browsers send the name twice.
    let repeated = properties.name.take();
    let name = match name.cut_text("name", limits::PAGE_BYTES_MAX)? {
        Some(name) => Some(name),
        None => repeated.cut_text("properties.name", limits::PAGE_BYTES_MAX)?,
    };
    dropped.unknown_field += properties.left();
    let Some((name, cut)) = name.filter(|(name, _)| !name.starts_with('/') && !name.contains("://")) else {
        dropped.page_unnamed = 1;
        return Ok(Body::Counted);
    };
    dropped.text_cut += u32::from(cut);
    Ok(Body::Event(EventBody { page: Some(name), ..EventBody::bare(EventName::PageViewed) }))
}

/// The body of a `track`.
pub(super) fn track(name: Scalar<'_>, properties: &mut Properties<'_>, dropped: &mut Dropped) -> Result<Body, EventError> {
    let name = name.written("event")?.ok_or(EventError::EventNameMissing)?;
    let Some(name) = event_named(&name) else {
        dropped.unknown_event = 1;
        return Ok(Body::Counted);
    };
    let mut body = EventBody::bare(name);
    match name {
        // No `track` is called so, but a plan might; a page needs its own reader.
        EventName::PageViewed => {}
        EventName::ProductViewed | EventName::ProductAdded | EventName::ProductRemoved => {
            let line = properties.one.line(&OF_EVENT)?;
            body.lines.push(line.ok_or(EventError::FieldMissing { field: "properties.product_id" })?);
        }
        EventName::ProductsSearched => {
            let query = properties.query.take().cut_text("properties.query", limits::QUERY_BYTES_MAX)?;
            let (query, cut) = query.ok_or(EventError::FieldMissing { field: "properties.query" })?;
            dropped.text_cut += u32::from(cut);
            body.query = Some(query);
        }
        EventName::OrderCompleted | EventName::OrderRefunded => {
            let order = order(properties)?;
            body.lines = lines(properties, dropped)?;
            body.store = store(properties)?;
            // A refund of the whole order names it and nothing else; an order that names nothing could not be delivered, taxed
            // or asked about, so its source is told rather than thanked.
            let says_nothing = body.lines.is_empty() && order.total_cents.is_none() && order.revenue_cents.is_none();
            if name == EventName::OrderCompleted && says_nothing {
                return Err(EventError::OrderEmpty);
            }
            body.order = Some(order);
        }
    }
    dropped.unknown_field += properties.left();
    Ok(Body::Event(body))
}

fn order(properties: &mut Properties<'_>) -> Result<Order, EventError> {
    let id = properties.order_id.take().id("properties.order_id")?;
    Ok(Order {
        id: id.ok_or(EventError::FieldMissing { field: "properties.order_id" })?,
        currency: currency(properties.currency.take())?,
        total_cents: properties.total.take().cents("properties.total")?,
        revenue_cents: properties.revenue.take().cents("properties.revenue")?,
        tax_cents: properties.tax.take().cents("properties.tax")?,
        shipping_cents: properties.shipping.take().cents("properties.shipping")?,
        discount_cents: properties.discount.take().cents("properties.discount")?,
        coupon: properties.coupon.take().short_text("properties.coupon", limits::ID_BYTES_MAX)?,
    })
}

fn currency(scalar: Scalar<'_>) -> Result<Option<String>, EventError> {
    let Some(text) = scalar.text("properties.currency")? else { return Ok(None) };
    let text = text.trim();
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        Ok(Some(text.to_ascii_uppercase()))
    } else {
        Err(EventError::CurrencyWrong { field: "properties.currency" })
    }
}

fn lines(properties: &mut Properties<'_>, dropped: &mut Dropped) -> Result<Vec<Line>, EventError> {
    let wrong = |expected| EventError::TypeWrong { field: "properties.products", expected };
    let products = match properties.products.take() {
        Lenient::Absent => return Ok(Vec::new()),
        Lenient::Is(products) => products,
        Lenient::Wrong => return Err(wrong("an array of objects")),
    };
    if products.too_many {
        return Err(EventError::LinesTooMany);
    }
    let mut lines = Vec::with_capacity(products.items.len());
    for line in products.items {
        let Lenient::Is(mut line) = line else { return Err(wrong("an array of objects")) };
        match line.line(&OF_ORDER)? {
            Some(line) => lines.push(line),
            None => dropped.line_unusable += 1,
        }
        dropped.unknown_field += line.left();
    }
    Ok(lines)
}

fn store(properties: &mut Properties<'_>) -> Result<Option<String>, EventError> {
    if let Some(store) = properties.store_id.take().id("properties.store_id")? {
        return Ok(Some(store));
    }
    match properties.store.take().id("properties.store")? {
        Some(store) => Ok(Some(store)),
        None => properties.shop_id.take().id("properties.shop_id"),
    }
}

/// `traits` on the wire: the attributes of the plan that are there.
#[derive(Default)]
pub(super) struct Traits<'a> {
    found: Vec<(&'static Attribute, Scalar<'a>)>,
    unknown: u32,
}

impl<'de> Object<'de> for Traits<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key == "address" {
            match map.next_value::<Lenient<Address<'de>>>()? {
                Lenient::Absent => {}
                Lenient::Is(Address(address)) => {
                    self.found.extend(address.found);
                    self.unknown += address.unknown;
                }
                // An address in one line: nobody could tell street from city.
                Lenient::Wrong => self.unknown += 1,
            }
            return Ok(());
        }
        self.read(map, |wire| wire == key)
    }
}

impl<'de> Traits<'de> {
    /// Reads the value of the attribute whose name on the wire `is` this one.
    fn read<A: MapAccess<'de>>(&mut self, map: &mut A, is: impl Fn(&str) -> bool) -> Result<(), A::Error> {
        match ATTRIBUTES.iter().find(|attribute| attribute.wire.iter().any(|wire| is(wire))) {
            Some(attribute) => self.found.push((attribute, map.next_value()?)),
            None => {
                skip(map)?;
                self.unknown += 1;
            }
        }
        Ok(())
    }
}

/// `traits.address`.
#[derive(Default)]
struct Address<'a>(Traits<'a>);

impl<'de> Object<'de> for Address<'de> {
    fn field<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        self.0.read(map, |wire| wire.strip_prefix("address.") == Some(key))
    }
}

/// The body of an `identify`: each attribute once, in the order sent; of two values for one, the last.
pub(super) fn attributes(traits: Lenient<Traits<'_>>, dropped: &mut Dropped) -> Result<Body, EventError> {
    let traits = traits.object("traits")?.unwrap_or_default();
    dropped.unknown_attribute = traits.unknown;
    let mut values: Vec<(String, String)> = Vec::new();
    for (attribute, value) in traits.found {
        let Some(value) = value.short_text(attribute.name, limits::ATTRIBUTE_BYTES_MAX)? else { continue };
        match values.iter_mut().find(|(name, _)| name == attribute.name) {
            Some((_, earlier)) => *earlier = value,
            None => values.push((attribute.name.to_owned(), value)),
        }
    }
    Ok(Body::Attributes(values))
}
